//! Is a file a whole PNG picture of the size that was asked for, with something on it?

use crate::model::limits::{PICTURE_BYTES, PICTURE_PIXELS};

/// A checked picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// Why a file is no such picture.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// A page for people in the picture's place: most often a login.
    #[error("the picture is an HTML page, most likely a login")]
    Html,
    /// Larger than what is read.
    #[error("the picture has {found} bytes, at most {PICTURE_BYTES} are read")]
    TooLarge {
        /// Its bytes.
        found: usize,
    },
    /// Not a PNG, cut off, damaged, or followed by other bytes.
    #[error("the picture is broken: {0}")]
    Broken(String),
    /// Other measures than asked for.
    #[error(
        "the picture has {width} x {height} pixels, {wanted_width} x {wanted_height} were asked for"
    )]
    Size {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// The width asked for.
        wanted_width: u32,
        /// The height asked for.
        wanted_height: u32,
    },
    /// Every pixel is the same.
    #[error("the picture has a single colour")]
    Blank,
}

impl PictureError {
    /// The problem's code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Html => "dashboard-login",
            Self::TooLarge { .. } | Self::Broken(_) => "dashboard-broken",
            Self::Size { .. } => "dashboard-size",
            Self::Blank => "dashboard-blank",
        }
    }
}

/// Checks a picture: signature, every chunk's checksum up to the end, nothing behind it, size, all pixels.
///
/// # Errors
/// The first of these that is wrong.
pub fn check(bytes: &[u8], width: u32, height: u32) -> Result<Picture, PictureError> {
    if bytes.len() as u64 > PICTURE_BYTES {
        return Err(PictureError::TooLarge { found: bytes.len() });
    }
    if bytes.trim_ascii_start().starts_with(b"<") {
        return Err(PictureError::Html);
    }
    let picture = walk(bytes)?;
    // Before decoding: 65 bytes can claim 2^60 pixels.
    let too_many = u64::from(picture.width) * u64::from(picture.height) > PICTURE_PIXELS;
    if too_many || (picture.width, picture.height) != (width, height) {
        return Err(PictureError::Size {
            width: picture.width,
            height: picture.height,
            wanted_width: width,
            wanted_height: height,
        });
    }
    if is_one_colour(bytes)? {
        return Err(PictureError::Blank);
    }
    Ok(picture)
}

/// All chunks from the signature to `IEND` (PNG specification, section 5).
fn walk(bytes: &[u8]) -> Result<Picture, PictureError> {
    let mut rest = bytes
        .strip_prefix(b"\x89PNG\r\n\x1a\n")
        .ok_or_else(|| broken("it is no PNG"))?;
    let mut measures = None;
    loop {
        let (head, tail) = rest
            .split_first_chunk::<8>()
            .ok_or_else(|| broken("it is cut off"))?;
        let [l0, l1, l2, l3, kind @ ..] = head;
        let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
        let (data, tail) = usize::try_from(length)
            .ok()
            .and_then(|length| tail.split_at_checked(length))
            .ok_or_else(|| broken("it is cut off"))?;
        let (stated, tail) = tail
            .split_first_chunk::<4>()
            .ok_or_else(|| broken("it is cut off"))?;
        let mut sum = flate2::Crc::new();
        sum.update(kind);
        sum.update(data);
        if sum.sum() != u32::from_be_bytes(*stated) {
            return Err(broken("a checksum is wrong"));
        }
        match (kind, measures) {
            (b"IHDR", None) => measures = Some(header(data)?),
            (_, None) | (b"IHDR", Some(_)) => return Err(broken("it has no single header")),
            (b"IEND", Some(picture)) if tail.is_empty() => return Ok(picture),
            (b"IEND", Some(_)) => return Err(broken("other bytes follow its end")),
            _ => (),
        }
        rest = tail;
    }
}

fn header(data: &[u8]) -> Result<Picture, PictureError> {
    match data {
        [w0, w1, w2, w3, h0, h1, h2, h3, ..] if data.len() == 13 => Ok(Picture {
            width: u32::from_be_bytes([*w0, *w1, *w2, *w3]),
            height: u32::from_be_bytes([*h0, *h1, *h2, *h3]),
        }),
        _ => Err(broken("its header has a wrong length")),
    }
}

/// Decodes every row, one at a time.
fn is_one_colour(bytes: &[u8]) -> Result<bool, PictureError> {
    let failed = |error: png::DecodingError| broken(&error.to_string());
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    let samples = reader.output_color_type().0.samples();
    let mut first: Option<Vec<u8>> = None;
    let mut one = true;
    while let Some(row) = reader.next_row().map_err(failed)? {
        for pixel in row.data().chunks_exact(samples) {
            match &first {
                Some(first) => one &= first == pixel,
                None => first = Some(pixel.to_vec()),
            }
        }
    }
    reader.finish().map_err(failed)?;
    Ok(one)
}

fn broken(text: &str) -> PictureError {
    PictureError::Broken(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &[u8] = include_bytes!("../../fixtures/grafana/png/panel-ok-1000x500.png");

    fn broken_by(bytes: &[u8]) -> bool {
        matches!(check(bytes, 1_000, 500), Err(PictureError::Broken(_)))
    }

    #[test]
    fn a_whole_picture_of_the_size_asked_for_is_accepted() {
        let found = check(OK, 1_000, 500).unwrap();

        assert_eq!((found.width, found.height), (1_000, 500));
    }

    #[test]
    fn a_picture_that_is_cut_off_anywhere_is_broken() {
        for length in 0..OK.len() {
            assert!(broken_by(&OK[..length]), "{length}");
        }
        assert!(broken_by(include_bytes!(
            "../../fixtures/grafana/png/truncated.png"
        )));
    }

    #[test]
    fn a_wrong_checksum_and_bytes_behind_the_end_are_broken() {
        assert!(broken_by(include_bytes!(
            "../../fixtures/grafana/png/bad-crc.png"
        )));
        assert!(broken_by(&[OK, b"x"].concat()));
        assert!(broken_by(b"GIF89a"));
    }

    #[test]
    fn another_size_is_refused_before_anything_is_decoded() {
        for picture in [
            &include_bytes!("../../fixtures/grafana/png/wrong-size-800x400.png")[..],
            include_bytes!("../../fixtures/grafana/png/huge-dimensions-claim.png"),
            include_bytes!("../../fixtures/grafana/png/renderer-not-installed.png"),
        ] {
            let found = check(picture, 1_000, 500);
            assert!(matches!(found, Err(PictureError::Size { .. })), "{found:?}");
        }
        let huge = include_bytes!("../../fixtures/grafana/png/huge-dimensions-claim.png");
        let found = check(huge, 1 << 30, 1 << 30);
        assert!(matches!(found, Err(PictureError::Size { .. })), "{found:?}");
    }

    #[test]
    fn a_picture_of_a_single_colour_is_blank() {
        let blank = include_bytes!("../../fixtures/grafana/png/blank-1000x500.png");

        assert_eq!(check(blank, 1_000, 500), Err(PictureError::Blank));
    }

    #[test]
    fn a_page_is_a_login() {
        assert_eq!(check(b"\n<!DOCTYPE html>", 1, 1), Err(PictureError::Html));
        assert_eq!(PictureError::Html.code(), "dashboard-login");
    }

    #[test]
    fn any_flipped_byte_is_noticed() {
        for index in 0..OK.len() {
            let mut bytes = OK.to_vec();
            bytes[index] ^= 1;
            assert!(check(&bytes, 1_000, 500).is_err(), "{index}");
        }
    }
}
