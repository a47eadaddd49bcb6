use super::parser::{Binary, Expr, Function, parse};
use super::value::Value;

fn attribute(path: &str) -> Box<Expr> {
    Box::new(Expr::Attribute(path.replace('.', "\0").into_bytes()))
}

fn text(text: &str) -> Expr {
    Expr::Literal(Value::Text(text.into()))
}

#[test]
fn operators_bind_as_in_cel() {
    let path = Expr::Call(Function::StartsWith, vec![*attribute("request.path"), text("/a")]);
    let code = Expr::Binary(
        Binary::AtLeast,
        attribute("response.code"),
        Box::new(Expr::Literal(Value::Number(500))),
    );
    let both = Expr::Binary(Binary::And, Box::new(path), Box::new(Expr::Not(Box::new(code))));
    let parsed = parse("request.path.startsWith('/a') && !(response.code >= 500)");
    assert_eq!(parsed, Some(both));
    assert_eq!(parse(r#"request.headers["x-a"]"#), Some(*attribute("request.headers.x-a")));
}

#[test]
fn what_is_no_expression_or_one_too_deep_does_not_compile() {
    let bad = [
        "",
        "1+",
        "a.",
        "a b",
        "'x",
        "nope(1)",
        "{1: 2}",
        "[1, 2].all(x, x > 0)",
        "1.5",
        "1 ? 2",
        "§",
    ];
    bad.iter().for_each(|text| assert_eq!(parse(text), None, "{text}"));
    for deep in
        [&"(".repeat(100_000), &"!".repeat(30_000), &"[".repeat(60_000), &"1+".repeat(30_000)]
    {
        assert_eq!(parse(&format!("{deep}1")), None);
    }
    assert!(parse(&format!("{}1{}", "(".repeat(50), ")".repeat(50))).is_some());
}
