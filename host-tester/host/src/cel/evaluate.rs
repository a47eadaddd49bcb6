//! What an expression comes to. `None` is CEL's error: a missing attribute, types that do not fit, an overflow.

use super::attribute::{self, Attributes};
use super::parser::{Binary, Expr, Function};
use super::value::Value;
use regex_lite::Regex;
use std::cmp::Ordering;

/// The value of an expression, with the attributes that it names.
pub fn evaluate(attributes: &Attributes<'_>, expr: &Expr) -> Option<Value> {
    let value = |expr: &Expr| evaluate(attributes, expr);
    match expr {
        Expr::Literal(literal) => Some(literal.clone()),
        Expr::Attribute(path) => attribute::get(attributes, path),
        Expr::Has(path) => Some(Value::Truth(attribute::get(attributes, path).is_some())),
        Expr::List(items) => items.iter().map(value).collect::<Option<_>>().map(Value::List),
        Expr::Item(list, place) => match (value(list)?, value(place)?) {
            (Value::List(items), Value::Number(place)) => {
                items.into_iter().nth(usize::try_from(place).ok()?)
            }
            _ => None,
        },
        Expr::Not(inner) => Some(Value::Truth(!truth(value(inner)?)?)),
        Expr::Minus(inner) => match value(inner)? {
            Value::Number(number) => number.checked_neg().map(Value::Number),
            _ => None,
        },
        Expr::If(test, yes, no) => value(if truth(value(test)?)? { yes } else { no }),
        Expr::Binary(Binary::Or, left, right) => either(true, value(left), || value(right)),
        Expr::Binary(Binary::And, left, right) => either(false, value(left), || value(right)),
        Expr::Binary(operator, left, right) => binary(*operator, value(left)?, value(right)?),
        Expr::Call(function, arguments) => {
            let arguments: Vec<Value> = arguments.iter().map(value).collect::<Option<_>>()?;
            call(*function, &arguments)
        }
    }
}

fn truth(value: Value) -> Option<bool> {
    match value {
        Value::Truth(truth) => Some(truth),
        _ => None,
    }
}

/// One side decides, even if the other is an error.
fn either(
    decides: bool,
    left: Option<Value>,
    right: impl FnOnce() -> Option<Value>,
) -> Option<Value> {
    let left = left.and_then(truth);
    if left == Some(decides) {
        return Some(Value::Truth(decides));
    }
    let right = right().and_then(truth)?;
    (right == decides || left.is_some()).then_some(Value::Truth(right))
}

fn binary(operator: Binary, left: Value, right: Value) -> Option<Value> {
    use Binary as B;
    let is =
        |test: fn(Ordering) -> bool| order(&left, &right).map(|order| Value::Truth(test(order)));
    match operator {
        B::Or | B::And => None,
        B::Equal => Some(Value::Truth(left == right)),
        B::Differs => Some(Value::Truth(left != right)),
        B::Less => is(Ordering::is_lt),
        B::AtMost => is(Ordering::is_le),
        B::More => is(Ordering::is_gt),
        B::AtLeast => is(Ordering::is_ge),
        B::In => match right {
            Value::List(items) => Some(Value::Truth(items.contains(&left))),
            _ => None,
        },
        B::Add | B::Subtract | B::Multiply | B::Divide | B::Modulo => {
            arithmetic(operator, left, right)
        }
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Truth(left), Value::Truth(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

fn arithmetic(operator: Binary, left: Value, right: Value) -> Option<Value> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let done = match operator {
                Binary::Add => left.checked_add(right),
                Binary::Subtract => left.checked_sub(right),
                Binary::Multiply => left.checked_mul(right),
                Binary::Divide => left.checked_div(right),
                _ => left.checked_rem(right),
            };
            done.map(Value::Number)
        }
        (Value::Text(left), Value::Text(right)) if operator == Binary::Add => {
            Some(Value::Text([left, right].concat()))
        }
        _ => None,
    }
}

fn call(function: Function, arguments: &[Value]) -> Option<Value> {
    use Function as F;
    Some(match (function, arguments) {
        (F::Size, [Value::Text(text)]) => {
            Value::Number(i64::try_from(String::from_utf8_lossy(text).chars().count()).ok()?)
        }
        (F::Size, [Value::List(items)]) => Value::Number(i64::try_from(items.len()).ok()?),
        (F::Int, [Value::Number(number)]) => Value::Number(*number),
        (F::Int, [Value::Text(text)]) => {
            Value::Number(std::str::from_utf8(text).ok()?.parse().ok()?)
        }
        (F::Text, [Value::Number(number)]) => Value::Text(number.to_string().into_bytes()),
        (F::Text, [Value::Text(text)]) => Value::Text(text.clone()),
        (F::StartsWith, [Value::Text(text), Value::Text(part)]) => {
            Value::Truth(text.starts_with(part))
        }
        (F::EndsWith, [Value::Text(text), Value::Text(part)]) => Value::Truth(text.ends_with(part)),
        (F::Contains, [Value::Text(text), Value::Text(part)]) => {
            let found = part.is_empty() || text.windows(part.len()).any(|window| window == part);
            Value::Truth(found)
        }
        (F::Matches, [Value::Text(text), Value::Text(pattern)]) => {
            let pattern = Regex::new(std::str::from_utf8(pattern).ok()?).ok()?;
            Value::Truth(pattern.is_match(std::str::from_utf8(text).ok()?))
        }
        _ => return None,
    })
}
