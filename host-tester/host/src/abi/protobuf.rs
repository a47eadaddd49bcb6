//! Protocol Buffers, as little of them as a few host calls take: the fields of one message.
//!
//! A generated reader would weigh more than the five small messages that it would read.

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// A number, a truth or an enumeration.
    Number(u64),
    /// Text, bytes or a message.
    Bytes(&'a [u8]),
    /// Of a fixed width, which no message here has.
    Fixed,
}

/// The fields of a message in order, each with its number; `None` if it is none.
pub fn fields(mut message: &[u8]) -> Option<Vec<(u64, Field<'_>)>> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut message)?),
            1 => fixed(&mut message, 8)?,
            2 => {
                let len = usize::try_from(varint(&mut message)?).ok()?;
                Field::Bytes(take(&mut message, len)?)
            }
            5 => fixed(&mut message, 4)?,
            _ => return None,
        };
        fields.push((Some(key >> 3).filter(|number| *number > 0)?, field));
    }
    Some(fields)
}

/// The last bytes under a number, which is what counts; empty if there are none, as for every reader.
pub fn bytes<'a>(fields: &[(u64, Field<'a>)], number: u64) -> &'a [u8] {
    let found = fields.iter().rev().find_map(|(known, field)| match field {
        Field::Bytes(bytes) if *known == number => Some(*bytes),
        _ => None,
    });
    found.unwrap_or_default()
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = *take(message, 1)? else { return None };
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn fixed<'a>(message: &mut &[u8], len: usize) -> Option<Field<'a>> {
    take(message, len).map(|_| Field::Fixed)
}

fn take<'a>(message: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (part, rest) = message.split_at_checked(len)?;
    *message = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read() {
        let message = [b"\x08\x96\x01\x12\xc8\x01".as_slice(), &[b'x'; 200]].concat();
        let fields = fields(&message).unwrap();
        assert_eq!(fields.first(), Some(&(1, Field::Number(150))));
        assert_eq!(
            (bytes(&fields, 2), bytes(&fields, 3)),
            ([b'x'; 200].as_slice(), b"".as_slice())
        );
    }

    #[test]
    fn what_is_cut_off_or_no_message_is_none() {
        let bad: [&[u8]; 6] = [b"x", b"\x0a\x05ab", b"\x08", b"\x00\x00", b"\x0b", &[0xff; 12]];
        bad.iter().for_each(|message| assert_eq!(fields(message), None, "{message:?}"));
        assert_eq!(fields(b""), Some(Vec::new()));
    }
}
