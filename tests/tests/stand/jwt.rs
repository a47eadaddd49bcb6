//! Tokens that Envoy's own `jwt_authn` verifies.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use serinus_rig::Filter;
use sha2::Sha256;

const KEY: &[u8] = b"a key that only this test and its Envoy know";
const TYPE: &str =
    "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";

/// The filter that verifies a token, if there is one, and leaves its claims where Istio does.
pub fn authn() -> Filter {
    let key = json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(KEY) });
    let provider = json!({
        "issuer": "rig",
        "local_jwks": { "inline_string": json!({ "keys": [key] }).to_string() },
        "payload_in_metadata": "payload",
    });
    let either = json!([{ "provider_name": "rig" }, { "allow_missing": {} }]);
    Filter::raw(
        "jwt_authn",
        json!({
            "@type": TYPE,
            "providers": { "rig": provider },
            "rules": [{
                "match": { "prefix": "/" },
                "requires": { "requires_any": { "requirements": either } },
            }],
        }),
    )
}

/// The value of an `authorization` header with these claims.
pub fn bearer(mut claims: Value) -> Result<String> {
    claims["iss"] = "rig".into();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
    let mac = Hmac::<Sha256>::new_from_slice(KEY)?.chain_update(signed.as_bytes());
    Ok(format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}
