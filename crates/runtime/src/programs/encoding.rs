//! `base64`, `md5sum`, `sha1sum`, `sha256sum`, `sha512sum`, `cksum`, and what they compute.

use super::plain::{Io, Run};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without line ends.
pub fn encode(data: &[u8]) -> String {
    let mut out = String::with_capacity(data.len().div_ceil(3) * 4);
    for chunk in data.chunks(3) {
        let n = chunk.iter().enumerate().fold(0u32, |n, (i, b)| n | u32::from(*b) << (16 - 8 * i));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(ALPHABET.get((n >> (18 - 6 * i) & 63) as usize).copied().unwrap_or(b'A')));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// The bytes, and whether the text was well-formed.
pub fn decode(text: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.iter().filter(|b| !b.is_ascii_whitespace()) {
        if *byte == b'=' {
            break;
        }
        let Some(value) = ALPHABET.iter().position(|a| a == byte) else { return (out, false) };
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    (out, true)
}

/// The program `base64`.
pub fn base64(io: &mut Io<'_>) -> Run {
    let options = io.options("diw:D", &[("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')])?;
    let file = options.operand(0).unwrap_or_else(|| "-".into());
    let data = match io.input(&file)? {
        Ok(data) => data,
        Err(error) => return io.fail(1, format!("{file}: {error}")),
    };
    if options.has('d') || options.has('D') {
        let (bytes, good) = decode(&data);
        io.out(bytes);
        if !good && io.gnu() {
            io.flush();
            return io.fail(1, "invalid input");
        }
        return Ok(0);
    }
    let wrap = options.value('w').and_then(|w| w.parse::<usize>().ok()).unwrap_or(76);
    let text = encode(&data);
    if wrap == 0 {
        io.out(text);
    } else {
        for line in text.as_bytes().chunks(wrap) {
            io.outln(line);
        }
    }
    Ok(0)
}

fn pad(data: &[u8], block: usize, big: bool) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.push(0x80);
    let length = if block == 128 { 16 } else { 8 };
    while padded.len() % block != block - length {
        padded.push(0);
    }
    let bits = (data.len() as u64).wrapping_mul(8);
    if length == 16 {
        padded.extend([0; 8]);
    }
    padded.extend(if big { bits.to_be_bytes() } else { bits.to_le_bytes() });
    padded
}

fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().map(|b| format!("{b:02x}")).collect()
}

fn words(block: &[u8], big: bool) -> Vec<u32> {
    block.chunks_exact(4).map(|c| c.try_into().map_or(0, |a: [u8; 4]| if big { u32::from_be_bytes(a) } else { u32::from_le_bytes(a) })).collect()
}

/// MD5 in hexadecimal.
#[expect(clippy::many_single_char_names, reason = "the names of the standard")]
pub fn md5(data: &[u8]) -> String {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in pad(data, 64, false).chunks(64) {
        let m = words(block, false);
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64usize {
            let (f, g) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let k = (((i + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(f).wrapping_add(k).wrapping_add(m.get(g).copied().unwrap_or(0));
            a = d;
            d = c;
            c = b;
            b = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        }
        state = [state[0].wrapping_add(a), state[1].wrapping_add(b), state[2].wrapping_add(c), state[3].wrapping_add(d)];
    }
    hex(state.into_iter().flat_map(u32::to_le_bytes))
}

/// SHA-1 in hexadecimal.
#[expect(clippy::many_single_char_names, reason = "the names of the standard")]
pub fn sha1(data: &[u8]) -> String {
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in pad(data, 64, true).chunks(64) {
        let mut w = words(block, true);
        for i in 16..80 {
            w.push((w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, w) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*w);
            e = d;
            d = c;
            c = b.rotate_left(30);
            b = a;
            a = next;
        }
        for (s, v) in state.iter_mut().zip([a, b, c, d, e]) {
            *s = s.wrapping_add(v);
        }
    }
    hex(state.into_iter().flat_map(u32::to_be_bytes))
}

/// The first primes, from whose roots the constants of SHA-2 come.
fn primes(count: usize) -> Vec<u64> {
    (2u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).take(count).collect()
}

/// The first 64 bits of the fraction of a number's root, square or cubic, computed exactly.
fn root_fraction(n: u64, cubic: bool) -> u64 {
    // Finds the largest x with x^k <= n * 2^(64 k), by bits; numbers are kept as limbs of 32 bits.
    let multiply = |a: &[u64], b: &[u64]| {
        let mut out = vec![0u64; a.len() + b.len()];
        for (i, x) in a.iter().enumerate() {
            let mut carry = 0u64;
            for (j, y) in b.iter().enumerate() {
                let sum = out[i + j] + x * y + carry;
                out[i + j] = sum & 0xffff_ffff;
                carry = sum >> 32;
            }
            out[i + b.len()] += carry;
        }
        out
    };
    let power = if cubic { 3 } else { 2 };
    let mut target = vec![0u64; 2 * power];
    target.push(n);
    let mut x: u128 = 0;
    for bit in (0..70).rev() {
        let candidate = x | 1 << bit;
        let limbs: Vec<u64> = (0..3).map(|i| (candidate >> (32 * i)) as u64 & 0xffff_ffff).collect();
        let mut product = multiply(&limbs, &limbs);
        if cubic {
            product = multiply(&product, &limbs);
        }
        let size = product.len().max(target.len());
        let limb = |v: &[u64], i: usize| v.get(i).copied().unwrap_or(0);
        let order = (0..size).rev().map(|i| limb(&product, i).cmp(&limb(&target, i))).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal);
        if order.is_le() {
            x = candidate;
        }
    }
    x as u64
}

/// SHA-256 in hexadecimal.
pub fn sha256(data: &[u8]) -> String {
    let list = primes(64);
    let k: Vec<u32> = list.iter().map(|p| (root_fraction(*p, true) >> 32) as u32).collect();
    let mut state: Vec<u32> = list.iter().take(8).map(|p| (root_fraction(*p, false) >> 32) as u32).collect();
    for block in pad(data, 64, true).chunks(64) {
        let mut w = words(block, true);
        for i in 16..64 {
            let s0 = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ (w[i - 15] >> 3);
            let s1 = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ (w[i - 2] >> 10);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = state.clone();
        for i in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(s0.wrapping_add(majority));
        }
        for (s, v) in state.iter_mut().zip(v) {
            *s = s.wrapping_add(v);
        }
    }
    hex(state.into_iter().flat_map(u32::to_be_bytes))
}

/// SHA-512 in hexadecimal.
pub fn sha512(data: &[u8]) -> String {
    let list = primes(80);
    let k: Vec<u64> = list.iter().map(|p| root_fraction(*p, true)).collect();
    let mut state: Vec<u64> = list.iter().take(8).map(|p| root_fraction(*p, false)).collect();
    for block in pad(data, 128, true).chunks(128) {
        let mut w: Vec<u64> = block.chunks_exact(8).map(|c| c.try_into().map_or(0, u64::from_be_bytes)).collect();
        for i in 16..80 {
            let s0 = w[i - 15].rotate_right(1) ^ w[i - 15].rotate_right(8) ^ (w[i - 15] >> 7);
            let s1 = w[i - 2].rotate_right(19) ^ w[i - 2].rotate_right(61) ^ (w[i - 2] >> 6);
            w.push(w[i - 16].wrapping_add(s0).wrapping_add(w[i - 7]).wrapping_add(s1));
        }
        let mut v = state.clone();
        for i in 0..80 {
            let s1 = v[4].rotate_right(14) ^ v[4].rotate_right(18) ^ v[4].rotate_right(41);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let t1 = v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(k[i]).wrapping_add(w[i]);
            let s0 = v[0].rotate_right(28) ^ v[0].rotate_right(34) ^ v[0].rotate_right(39);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(t1);
            v[0] = t1.wrapping_add(s0.wrapping_add(majority));
        }
        for (s, v) in state.iter_mut().zip(v) {
            *s = s.wrapping_add(v);
        }
    }
    hex(state.into_iter().flat_map(u64::to_be_bytes))
}

/// The programs `md5sum`, `sha1sum`, `sha256sum`, `sha512sum`.
pub fn sums(io: &mut Io<'_>) -> Run {
    let options = io.options("csbtw", &[("check", 'c'), ("status", 's'), ("quiet", 's'), ("binary", 'b'), ("text", 't')])?;
    let digest: fn(&[u8]) -> String = match &*io.name {
        "md5sum" => md5,
        "sha1sum" => sha1,
        "sha512sum" => sha512,
        _ => sha256,
    };
    let cannot = |io: &mut Io<'_>, file: &str, error: crate::program::Errno| {
        let text = if io.gnu() { format!("{file}: {error}") } else { format!("can't open '{file}': {error}") };
        io.err(text);
    };
    let mut files = options.operands.clone();
    if files.is_empty() {
        files.push("-".into());
    }
    let mut code = 0;
    for file in files {
        let data = match io.input(&file)? {
            Ok(data) => data,
            Err(error) => {
                if options.has('c') {
                    return io.fail(1, format!("{file}: {error}"));
                }
                cannot(io, &file, error);
                code = 1;
                continue;
            }
        };
        if !options.has('c') {
            io.outln(format!("{}  {file}", digest(&data)));
            continue;
        }
        let text = super::engine::text::lossy(&data);
        let (mut bad, mut count) = (0, 0);
        for line in text.lines() {
            let Some((sum, name)) = line.split_once("  ").or_else(|| line.split_once(" *")) else { continue };
            count += 1;
            let good = match io.input(name)? {
                Ok(data) => digest(&data) == sum,
                Err(error) => {
                    cannot(io, name, error);
                    false
                }
            };
            if !good {
                bad += 1;
            }
            if !options.has('s') {
                io.outln(format!("{name}: {}", if good { "OK" } else { "FAILED" }));
            }
        }
        if bad > 0 {
            io.flush();
            if !options.has('s') {
                let text = if io.gnu() {
                    format!("WARNING: {bad} computed checksum{} did NOT match", if bad == 1 { "" } else { "s" })
                } else {
                    format!("WARNING: {bad} of {count} computed checksums did NOT match")
                };
                io.err(text);
            }
            code = 1;
        }
    }
    Ok(code)
}

/// CRC-32 as gzip has it.
pub fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 }))
}

/// The program `cksum`.
pub fn cksum(io: &mut Io<'_>) -> Run {
    let files = if io.args.is_empty() { vec!["-".into()] } else { io.args.clone() };
    for file in files {
        let data = match io.input(&file)? {
            Ok(data) => data,
            Err(error) => return io.fail(1, format!("{file}: {error}")),
        };
        let mut bytes = data.to_vec();
        let mut length = data.len();
        while length > 0 {
            bytes.push(length as u8);
            length >>= 8;
        }
        let crc =
            !bytes.iter().fold(0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte) << 24, |c, _| if c >> 31 == 1 { c << 1 ^ 0x04c1_1db7 } else { c << 1 }));
        io.outln(format!("{crc} {}{}", data.len(), if &*file == "-" { String::new() } else { format!(" {file}") }));
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(md5(b"hello"), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(sha1(b"hello"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
        assert_eq!(sha256(b"hello"), "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
        assert!(sha512(b"").starts_with("cf83e1357eefb8bdf154"));
        assert_eq!(encode(b"admin"), "YWRtaW4=");
        assert_eq!(decode(b"YWRtaW4=").0, b"admin");
    }
}
