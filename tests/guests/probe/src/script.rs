//! The script: what to do when. One rule a line, words apart by spaces, `%XX` for any byte, `''` for nothing.
//!
//! ```text
//! show maps buffers properties
//! properties request/path xds/route_name
//! hush response_body
//! request_headers: replace request x-a 1
//! request_headers 2: return 1
//! request_body end: return 0
//! tick 3: effective stream; resume request
//! ```
//!
//! | actions | |
//! |---|---|
//! | `return N`, `panic`, `loop`, `dump` | what the callback returns; ways to die; show all that can be read |
//! | `resume S`, `close S`, `reply STATUS BODY GRPC k=v..`, `effective WHO`, `done` | S: request response downstream upstream or a number; WHO: self stream owner s1 root1 or a number |
//! | `get M K`, `add M K V`, `replace M K V`, `remove M K`, `set_map M k=v..`, `map M`, `size M` | M: see `show::MAPS`, or a number |
//! | `buffer B START LEN`, `set_buffer B START LEN BYTES`, `buffer_status B` | B: see `show::BUFFERS`, or a number |
//! | `get_shared K`, `set_shared K V CAS`, `register_queue N`, `resolve_queue VM N`, `enqueue Q V`, `dequeue Q` | CAS and Q may be `last` |
//! | `http_call CLUSTER MS BODY k=v.. / k=v..` | headers, then trailers |
//! | `grpc_call CLUSTER MS SERVICE METHOD MESSAGE k=v..`, `grpc_stream CLUSTER SERVICE METHOD k=v..`, `grpc_send N END MESSAGE`, `grpc_cancel N`, `grpc_close N` | N: the so-many-th callout |
//! | `define KIND NAME`, `increment M BY`, `record M V`, `metric M` | M: a name or a number |
//! | `property a/b`, `raw_property BYTES`, `set_property K V`, `foreign NAME BYTES` | |
//! | `tick_period MS`, `time`, `log_level`, `status`, `log LEVEL TEXT` | |
//!
//! A number after the phase means only its so-many-th call in its context, `end` and
//! `more` whether the stream ended with it.

use std::rc::Rc;

/// What to do when.
#[derive(Default)]
pub struct Script {
    pub rules: Vec<Rule>,
    pub show: Vec<String>,
    pub properties: Vec<String>,
    hushed: Vec<String>,
}

/// Actions, and the call that they wait for.
pub struct Rule {
    phase: String,
    nth: Option<u32>,
    end: Option<bool>,
    pub actions: Vec<Vec<String>>,
}

impl Rule {
    fn parse(line: &str) -> Option<Self> {
        let (head, actions) = line.split_once(':')?;
        let mut head = head.split_whitespace();
        let mut rule =
            Self { phase: head.next()?.into(), nth: None, end: None, actions: Vec::new() };
        for word in head {
            match word {
                "end" => rule.end = Some(true),
                "more" => rule.end = Some(false),
                number => rule.nth = Some(number.parse().ok()?),
            }
        }
        let words = |action: &str| action.split_whitespace().map(Into::into).collect();
        rule.actions =
            actions.split(';').map(words).filter(|words: &Vec<_>| !words.is_empty()).collect();
        Some(rule)
    }

    /// Whether this is the call it waits for.
    pub fn applies(&self, phase: &str, nth: u32, end: bool) -> bool {
        self.phase == phase
            && self.nth.is_none_or(|n| n == nth)
            && self.end.is_none_or(|e| e == end)
    }
}

impl Script {
    /// Reads a script; the first line that is none is the error.
    pub fn parse(text: &str) -> Result<Rc<Self>, String> {
        let mut script = Self { show: vec!["maps".into(), "buffers".into()], ..Self::default() };
        for line in
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            match first {
                "show" => script.show = words.map(Into::into).collect(),
                "hush" => script.hushed.extend(words.map(Into::into)),
                "properties" => script.properties.extend(words.map(Into::into)),
                _ => script.rules.push(Rule::parse(line).ok_or_else(|| line.to_owned())?),
            }
        }
        Ok(Rc::new(script))
    }

    /// Whether calls of this phase are to pass without a word: those whose number is a matter of timing.
    pub fn hushes(&self, phase: &str) -> bool {
        self.hushed.iter().any(|hushed| hushed == phase)
    }

    pub fn shows(&self, what: &str) -> bool {
        self.show.iter().any(|shown| shown == what)
    }
}
