//! Recorded answers, for tests.

/// The body of a recorded answer, chunked framing and compression taken off.
pub(crate) fn plain_body(response: &[u8]) -> Vec<u8> {
    let body = body(response);
    if !body.starts_with(&[0x1f, 0x8b]) {
        return body;
    }
    let mut plain = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(&*body);
    std::io::Read::read_to_end(&mut reader, &mut plain).unwrap();
    plain
}

/// The body of a recorded answer, chunked framing removed.
pub(crate) fn body(response: &[u8]) -> Vec<u8> {
    let split = response
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8_lossy(&response[..split]).to_lowercase();
    let mut rest = &response[split + 4..];
    if !head.contains("transfer-encoding: chunked") {
        return rest.to_vec();
    }
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
}
