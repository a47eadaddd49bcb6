//! `serinus render`.

use crate::cli::{RenderArgs, Target};
use crate::command::unreadable;
use crate::exit::Exit;
use serde_json::Value;
use serinus_core::diagnostic::Diagnostic;
use serinus_lab::policy::delivery;
use serinus_lab::rollout_file::{Document, Source};
use serinus_lab::snippet::Snippet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Renders a rollout.
///
/// # Errors
/// If the output cannot be written.
pub fn run(args: &RenderArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<Exit> {
    if args.target != Target::Envoy {
        writeln!(err, "serinus: only --target envoy is there yet; for Istio, see examples/istio")?;
        return Ok(Exit::Unusable);
    }
    let source = match Source::read(&args.rollout) {
        Ok(source) => source,
        Err(error) => return unusable(&args.rollout, &error, err),
    };
    match Document::read(&source).map(|document| configuration(document, args)) {
        Err(error) => {
            writeln!(err, "serinus: {}", unreadable(&source, &error).trim_end())?;
            Ok(Exit::Unusable)
        }
        Ok(Err(problems)) => {
            for problem in &problems {
                writeln!(
                    err,
                    "{}",
                    Snippet { diagnostic: problem, file: &source.name, text: &source.text }
                )?;
            }
            Ok(Exit::FellShort)
        }
        Ok(Ok(config)) => written(&text(&config, args), args.output.as_deref(), out, err),
    }
}

/// The plugin configuration: the document with its policies in it, as the filter takes it.
///
/// # Errors
/// Everything that is wrong with it.
fn configuration(mut document: Document, args: &RenderArgs) -> Result<Value, Vec<Diagnostic>> {
    if let Some(component) = &args.policy {
        delivery::name_component(&mut document, component);
    }
    let rollouts = document.rollouts()?;
    delivery::carry(&mut document, &rollouts, &delivery::folder(&args.rollout))?;
    Ok(document.value)
}

fn text(config: &Value, args: &RenderArgs) -> String {
    let json = format!("{config:#}\n");
    if args.config {
        return json;
    }
    let module = args.filter.as_deref().unwrap_or(if carries_policy(config) {
        "/etc/envoy/serinus-filter-policies.wasm"
    } else {
        "/etc/envoy/serinus-filter.wasm"
    });
    envoy(&json, module)
}

fn carries_policy(config: &Value) -> bool {
    let several = config.get("rollouts").and_then(Value::as_array);
    let rollouts = several.map_or(std::slice::from_ref(config), Vec::as_slice);
    rollouts.iter().any(|rollout| rollout.get("policy").is_some())
}

/// The resource that examples/envoy explains.
fn envoy(json: &str, module: &str) -> String {
    let module = Value::from(module);
    let indented: String = json.lines().map(|line| format!("            {line}\n")).collect();
    format!(
        r#"# Written by `serinus render`.
version_info: "1"
resources:
  - "@type": type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig
    name: serinus
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
      config:
        name: serinus
        root_id: serinus
        failure_policy: FAIL_RELOAD
        vm_config:
          runtime: envoy.wasm.runtime.v8
          vm_id: serinus
          code: {{ local: {{ filename: {module} }} }}
        configuration:
          "@type": type.googleapis.com/google.protobuf.StringValue
          value: |
{indented}"#
    )
}

fn written(
    text: &str,
    file: Option<&Path>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let Some(file) = file else {
        return out.write_all(text.as_bytes()).map(|()| Exit::Good);
    };
    let next = file.with_extension("serinus-next");
    match fs::write(&next, text).and_then(|()| fs::rename(&next, file)) {
        Ok(()) => Ok(Exit::Good),
        Err(error) => {
            writeln!(err, "serinus: {} cannot be written: {error}", file.display())?;
            Ok(Exit::Unusable)
        }
    }
}

fn unusable(file: &str, error: &dyn std::fmt::Display, err: &mut dyn Write) -> io::Result<Exit> {
    writeln!(err, "serinus: {file}: {error}")?;
    Ok(Exit::Unusable)
}
