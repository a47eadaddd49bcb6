//! An expression as a tree.

use super::lexer::{Token, words};
use super::value::Value;

/// Parentheses, lists and signs may be nested so deep, and an expression be so long.
const DEPTH: usize = 64;
const LENGTH: usize = 64 << 10;

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Or,
    And,
    Equal,
    Differs,
    Less,
    AtMost,
    More,
    AtLeast,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Size,
    Int,
    Text,
    StartsWith,
    EndsWith,
    Contains,
    Matches,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Literal(Value),
    /// An attribute: names with zeros between them.
    Attribute(Vec<u8>),
    Has(Vec<u8>),
    List(Vec<Expr>),
    Item(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Minus(Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(Function, Vec<Expr>),
}

/// Operators by how closely they bind, the loosest first.
const LEVELS: [&[(&str, Binary)]; 5] = [
    &[("||", Binary::Or)],
    &[("&&", Binary::And)],
    &[
        ("==", Binary::Equal),
        ("!=", Binary::Differs),
        ("<=", Binary::AtMost),
        (">=", Binary::AtLeast),
        ("<", Binary::Less),
        (">", Binary::More),
        ("in", Binary::In),
    ],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[("*", Binary::Multiply), ("/", Binary::Divide), ("%", Binary::Modulo)],
];

/// Reads an expression; `None` if it is none, or one that this host does not know.
pub fn parse(text: &str) -> Option<Expr> {
    if text.len() > LENGTH {
        return None;
    }
    let mut words = words(text)?;
    words.reverse();
    let mut parser = Parser { words, depth: 0 };
    let expr = parser.expression()?;
    parser.words.is_empty().then_some(expr)
}

struct Parser {
    /// What is still to be read, the next one last.
    words: Vec<Token>,
    depth: usize,
}

impl Parser {
    fn expression(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let test = self.binary(0)?;
        let expr = if self.takes("?") {
            let yes = self.binary(0)?;
            self.needs(":")?;
            Expr::If(Box::new(test), Box::new(yes), Box::new(self.expression()?))
        } else {
            test
        };
        self.depth -= 1;
        Some(expr)
    }

    fn binary(&mut self, level: usize) -> Option<Expr> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.takes(sign)) {
            // A chain is as deep as it is long.
            length += 1;
            if length > DEPTH {
                return None;
            }
            left = Expr::Binary(*operator, Box::new(left), Box::new(self.binary(level + 1)?));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expr> {
        let wrap: fn(Box<Expr>) -> Expr = match self.words.last()? {
            Token::Sign("!") => Expr::Not,
            Token::Sign("-") => Expr::Minus,
            _ => return self.chain(),
        };
        self.words.pop();
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let inner = self.unary()?;
        self.depth -= 1;
        Some(wrap(Box::new(inner)))
    }

    /// A value and what is selected of it or called on it.
    fn chain(&mut self) -> Option<Expr> {
        let mut expr = self.primary()?;
        for _ in 0..DEPTH {
            if self.takes(".") {
                let Token::Name(name) = self.words.pop()? else { return None };
                expr = if self.takes("(") {
                    self.method(expr, &name)?
                } else {
                    selected(expr, &name)?
                };
            } else if self.takes("[") {
                let key = self.expression()?;
                self.needs("]")?;
                expr = match (expr, key) {
                    (Expr::Attribute(path), Expr::Literal(Value::Text(key))) => {
                        Expr::Attribute([path.as_slice(), b"\0", &key].concat())
                    }
                    (list @ Expr::List(_), key) => Expr::Item(Box::new(list), Box::new(key)),
                    _ => return None,
                };
            } else {
                return Some(expr);
            }
        }
        None
    }

    fn method(&mut self, on: Expr, name: &str) -> Option<Expr> {
        let arguments = self.list(")")?;
        let function = match (name, arguments.len()) {
            ("size", 0) => Function::Size,
            ("startsWith", 1) => Function::StartsWith,
            ("endsWith", 1) => Function::EndsWith,
            ("contains", 1) => Function::Contains,
            ("matches", 1) => Function::Matches,
            _ => return None,
        };
        Some(Expr::Call(function, std::iter::once(on).chain(arguments).collect()))
    }

    fn primary(&mut self) -> Option<Expr> {
        match self.words.pop()? {
            Token::Number(number) => Some(Expr::Literal(Value::Number(number))),
            Token::Text(text) => Some(Expr::Literal(Value::Text(text))),
            Token::Name(name) => self.named(&name),
            Token::Sign("[") => self.list("]").map(Expr::List),
            Token::Sign("(") => {
                let inner = self.expression()?;
                self.needs(")")?;
                Some(inner)
            }
            Token::Sign(_) => None,
        }
    }

    fn named(&mut self, name: &str) -> Option<Expr> {
        if self.takes("(") {
            let arguments = self.list(")")?;
            return match (name, arguments.as_slice()) {
                ("size", [_]) => Some(Expr::Call(Function::Size, arguments)),
                ("int", [_]) => Some(Expr::Call(Function::Int, arguments)),
                ("string", [_]) => Some(Expr::Call(Function::Text, arguments)),
                ("matches", [_, _]) => Some(Expr::Call(Function::Matches, arguments)),
                ("has", [Expr::Attribute(path)]) => Some(Expr::Has(path.clone())),
                _ => None,
            };
        }
        Some(match name {
            "true" => Expr::Literal(Value::Truth(true)),
            "false" => Expr::Literal(Value::Truth(false)),
            "null" => Expr::Literal(Value::Null),
            "in" => return None,
            _ => Expr::Attribute(name.as_bytes().to_vec()),
        })
    }

    /// Expressions with commas between them, up to a sign.
    fn list(&mut self, end: &str) -> Option<Vec<Expr>> {
        let mut list = Vec::new();
        while !self.takes(end) {
            if !list.is_empty() {
                self.needs(",")?;
            }
            list.push(self.expression()?);
        }
        Some(list)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let fits = match self.words.last() {
            Some(Token::Sign(known)) => *known == sign,
            Some(Token::Name(name)) => sign == "in" && name == "in",
            _ => false,
        };
        if fits {
            self.words.pop();
        }
        fits
    }

    fn needs(&mut self, sign: &str) -> Option<()> {
        self.takes(sign).then_some(())
    }
}

fn selected(expr: Expr, name: &str) -> Option<Expr> {
    match expr {
        Expr::Attribute(path) => {
            Some(Expr::Attribute([path.as_slice(), b"\0", name.as_bytes()].concat()))
        }
        _ => None,
    }
}
