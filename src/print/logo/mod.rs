//! An event's logo, checked when it is given, so that no sheet fails because of it: SVG becomes paths in printing
//! inks, PNG an image in them, on white. Both are drawn into the unit square and stretched to their place.
//!
//! What a print shop could not reproduce faithfully is refused by name: text that is not outlines (the font would be
//! missing), gradients, transparency, filters. Nothing a file refers to is ever fetched.

mod heard;
mod raster;
mod vector;

use super::draw::Content;
use super::length::Length;

/// Largest file that is taken as a logo, in bytes.
pub const LOGO_BYTES_MAX: usize = 1 << 20;
/// A logo may be this many times wider than high, or higher than wide.
const SIDES_RATIO_MAX: i64 = 12;
/// Below this many pixels an inch a picture looks coarse on paper.
const DPI_GOOD: i64 = 200;

/// A logo that can be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    /// Width and height in units of its own; only their ratio counts. Pixels where it is a picture.
    pub(crate) size: (i64, i64),
    pub(crate) drawing: Drawing,
}

/// How it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    /// Path operators in the file's own coordinates, with the matrix that brings them into the unit square.
    Paths {
        content: Content,
        /// Width and height of those coordinates.
        size: (String, String),
        matrix: [String; 6],
    },
    /// Four inks a pixel, deflated.
    Picture { deflated: Vec<u8> },
}

/// Why a file is no logo, with what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LogoError(pub(crate) String);

fn refused<T>(why: impl Into<String>) -> Result<T, LogoError> {
    Err(LogoError(why.into()))
}

impl Logo {
    /// Reads an SVG or a PNG.
    ///
    /// # Errors
    /// What in it can't be printed, and what to do about that.
    pub fn read(bytes: &[u8]) -> Result<Logo, LogoError> {
        if bytes.len() > LOGO_BYTES_MAX {
            return refused(format!("a logo has {LOGO_BYTES_MAX} bytes at most, not {}", bytes.len()));
        }
        let logo = match bytes {
            [0x89, b'P', b'N', b'G', ..] => raster::read(bytes)?,
            [0x1f, 0x8b, ..] => return refused("this is a packed SVG (.svgz): save it as a plain SVG"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => {
                return refused("this is a text in UTF-16: save the SVG in UTF-8");
            }
            _ => match std::str::from_utf8(bytes) {
                Ok(text) if text.contains("<svg") => vector::read(text)?,
                Err(_) if bytes.windows(4).any(|part| part == b"<svg") => {
                    return refused("this SVG is not in UTF-8: save it so");
                }
                _ => return refused("a logo is an SVG or a PNG file"),
            },
        };
        let (width, height) = logo.size;
        if width > height * SIDES_RATIO_MAX || height > width * SIDES_RATIO_MAX {
            return refused(format!(
                "a logo is at most {SIDES_RATIO_MAX} times wider than high, or higher than wide"
            ));
        }
        Ok(logo)
    }

    /// Width at a height.
    pub(crate) fn width_at(&self, height: Length) -> Length {
        Length::nm(height.as_nm() * self.size.0 / self.size.1)
    }

    /// Height at a width.
    pub(crate) fn height_at(&self, width: Length) -> Length {
        Length::nm(width.as_nm() * self.size.1 / self.size.0)
    }

    /// Says so where a picture's pixels will be seen at a width.
    pub(crate) fn warning(&self, width: Length) -> Option<String> {
        let Drawing::Picture { .. } = self.drawing else { return None };
        let dpi = self.size.0 * 25_400_000 / width.as_nm().max(1);
        (dpi < DPI_GOOD).then(|| {
            format!("the logo has {dpi} pixels an inch at {width} wide: at least {DPI_GOOD} look sharp, or take an SVG")
        })
    }
}

#[cfg(test)]
mod tests;
