//! What a pickle would become, before anything is made of it.
//!
//! candle's reader runs nothing, but it copies an object each time the pickle refers to it
//! again, and it recurses into what is nested: a few hundred bytes can ask for terabytes,
//! or for a stack without end. Here the opcodes that it knows are walked through with the
//! size and the depth of each object in its place.

use std::collections::HashMap;

/// More objects than the state dict of any network here has, copies counted.
const MOST_OBJECTS: usize = 1 << 20;
/// Deeper than a checkpoint nests.
const DEEPEST: usize = 64;
/// How many bytes of text weigh as much as an object.
const TEXT: usize = 64;

/// How many bytes the pickle at the start of `bytes` has, if it asks for nothing that a
/// state dict does not need.
pub(super) fn length(bytes: &[u8]) -> Result<usize, String> {
    let mut walk = Walk { bytes, at: 0, stack: Vec::new(), memo: HashMap::new(), made: 0 };
    while walk.step()? {}
    Ok(walk.at)
}

/// An object's weight.
#[derive(Clone, Copy)]
struct Object {
    objects: usize,
    depth: usize,
    is_mark: bool,
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Object>,
    memo: HashMap<u32, Object>,
    made: usize,
}

impl Walk<'_> {
    /// One opcode; false after the last.
    fn step(&mut self) -> Result<bool, String> {
        match self.byte()? {
            b'.' => return Ok(false),
            0x80 => self.skip(1)?,
            b'(' => self.put(Object { objects: 1, depth: 1, is_mark: true })?,
            // As candle does: an empty one, whatever lies above the mark.
            b')' | b']' | b'}' | b'd' | b'N' | 0x88 | 0x89 => self.leaf(0)?,
            b'K' => self.leaf(1)?,
            b'M' => self.leaf(2)?,
            b'J' => self.leaf(4)?,
            b'G' => self.leaf(8)?,
            0x8a => match usize::from(self.byte()?) {
                count @ 0..=8 => self.leaf(count)?,
                count => return Err(format!("it holds a number of {count} bytes")),
            },
            b'X' => {
                let length = self.number(4)? as usize;
                self.leaf(length)?;
            }
            b'c' => {
                let length = self.line()? + self.line()?;
                self.put(Object { objects: 1 + length / TEXT, depth: 1, is_mark: false })?;
            }
            b'Q' | 0x85 => self.join(1)?,
            b'R' | b'b' | 0x81 | 0x86 => self.join(2)?,
            0x87 => self.join(3)?,
            b't' => {
                let count = self.above_mark()?;
                self.join(count)?;
                self.drop_mark();
            }
            b'a' => self.add_to_last(1)?,
            b's' => self.add_to_last(2)?,
            b'e' | b'u' => {
                let count = self.above_mark()?;
                let parts = self.take(count)?;
                self.stack.pop();
                self.add(parts)?;
            }
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            other => return Err(format!("it holds opcode {other:#04x}, which no state dict needs")),
        }
        Ok(true)
    }

    fn byte(&mut self) -> Result<u8, String> {
        let byte = self.bytes.get(self.at).copied().ok_or("it is cut off")?;
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, count: usize) -> Result<(), String> {
        match self.bytes.len() - self.at >= count {
            true => self.at += count,
            false => return Err("it is cut off".to_owned()),
        }
        Ok(())
    }

    /// Little-endian.
    fn number(&mut self, bytes: usize) -> Result<u32, String> {
        let mut number = 0;
        for place in 0..bytes {
            number |= u32::from(self.byte()?) << (8 * place);
        }
        Ok(number)
    }

    /// The length of a line.
    fn line(&mut self) -> Result<usize, String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| *byte == b'\n').ok_or("it is cut off")?;
        self.at += length + 1;
        Ok(length)
    }

    fn put(&mut self, object: Object) -> Result<(), String> {
        self.made = self.made.saturating_add(object.objects);
        if self.made > MOST_OBJECTS {
            return Err(format!("it asks for more than {MOST_OBJECTS} objects"));
        }
        if object.depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        self.stack.push(object);
        Ok(())
    }

    /// An object that so many bytes describe.
    fn leaf(&mut self, bytes: usize) -> Result<(), String> {
        self.skip(bytes)?;
        self.put(Object { objects: 1 + bytes / TEXT, depth: 1, is_mark: false })
    }

    fn take(&mut self, count: usize) -> Result<Vec<Object>, String> {
        match self.stack.len().checked_sub(count) {
            Some(rest) => Ok(self.stack.split_off(rest)),
            None => Err("it takes more objects than there are".to_owned()),
        }
    }

    /// So many objects become one.
    fn join(&mut self, count: usize) -> Result<(), String> {
        let parts = self.take(count)?;
        self.put(holding(Object { objects: 1, depth: 1, is_mark: false }, &parts))
    }

    fn above_mark(&self) -> Result<usize, String> {
        self.stack.iter().rev().position(|object| object.is_mark).ok_or("it lacks a mark".to_owned())
    }

    /// Removes the mark below the last object.
    fn drop_mark(&mut self) {
        if let Some(mark) = self.stack.len().checked_sub(2) {
            self.stack.remove(mark);
        }
    }

    fn add_to_last(&mut self, count: usize) -> Result<(), String> {
        let parts = self.take(count)?;
        self.add(parts)
    }

    fn add(&mut self, parts: Vec<Object>) -> Result<(), String> {
        let last = self.take(1)?[0];
        // It was counted before.
        self.made = self.made.saturating_sub(last.objects);
        self.put(holding(last, &parts))
    }

    fn remember(&mut self, bytes: usize) -> Result<(), String> {
        let id = self.number(bytes)?;
        let last = self.take(1)?[0];
        // Once for the stack, where it was counted, and once for the copy.
        self.memo.insert(id, last);
        self.put(last)
    }

    fn recall(&mut self, bytes: usize) -> Result<(), String> {
        let id = self.number(bytes)?;
        let object = self.memo.get(&id).copied().ok_or("it refers to an object that it does not hold")?;
        self.put(object)
    }
}

/// The object with the others in it.
fn holding(object: Object, parts: &[Object]) -> Object {
    let objects = parts.iter().fold(object.objects, |sum, part| sum.saturating_add(part.objects));
    let deepest = parts.iter().map(|part| part.depth + 1).max().unwrap_or(1);
    Object { objects, depth: object.depth.max(deepest), is_mark: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8], why: &str) {
        let reason = length(bytes).expect_err("the pickle is refused");
        assert!(reason.contains(why), "{reason}");
    }

    #[test]
    fn a_pickle_ends_at_its_stop() {
        // {"a": (1, 2)} at protocol 2, and something after it.
        let bytes = b"\x80\x02}q\x00X\x01\x00\x00\x00aK\x01K\x02\x86s.rest";
        assert_eq!(length(bytes), Ok(bytes.len() - 4));
        let call = b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R.";
        assert_eq!(length(call), Ok(call.len()), "a call is read, and never made");
    }

    #[test]
    fn what_no_state_dict_needs_is_refused() {
        // A list that holds itself twice, thirty times over: 2 to the 30th objects.
        let doubled = b"]q\x00h\x00h\x00\x86".to_vec();
        let mut bomb = doubled;
        for id in 1..30u8 {
            bomb.extend([b'q', id, b'h', id, b'h', id, 0x86]);
        }
        refused(&[&bomb[..], b"."].concat(), "objects");
        refused(&[vec![b'N'], vec![0x85; 1000], vec![b'.']].concat(), "nested");
        refused(b"X\xff\xff\xff\xff.", "cut off");
        refused(b"cos\nsystem\n(S'ls'\ntR.", "0x53");
        refused(b"\x8a\x09123456789.", "number of 9 bytes");
        refused(b"\x8b\xff\xff\xff\x7f.", "0x8b");
        refused(b"t.", "mark");
        refused(b"R.", "more objects than there are");
        refused(b"h\x07.", "does not hold");
        refused(&[b"(".as_slice(), &vec![b'N'; 1 << 21], b"t."].concat(), "objects");
    }
}
