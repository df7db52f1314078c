//! The address of a picture of a code at Bancontact's own QR service. Optional: we draw our own codes.

use super::payload::ENCODED;
use crate::providers::ServiceUrl;
use percent_encoding::utf8_percent_encode;

/// What kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// Sharp at any size.
    Svg,
    /// Pixels, in one of four sizes.
    Png(ImageSize),
}

/// Width and height of a PNG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageSize {
    /// 180 pixels.
    Small,
    /// 250 pixels.
    Medium,
    /// 400 pixels.
    Large,
    /// 800 pixels.
    ExtraLarge,
}

/// The address of a picture of `payload`. The payload is percent-encoded once more as a whole, so that its own `%20`
/// becomes `%2520`.
#[must_use]
pub fn image_url(service: &ServiceUrl, payload: &str, format: ImageFormat) -> String {
    let kind = match format {
        ImageFormat::Svg => "f=SVG",
        ImageFormat::Png(ImageSize::Small) => "f=PNG&s=S",
        ImageFormat::Png(ImageSize::Medium) => "f=PNG&s=M",
        ImageFormat::Png(ImageSize::Large) => "f=PNG&s=L",
        ImageFormat::Png(ImageSize::ExtraLarge) => "f=PNG&s=XL",
    };
    format!("{service}?{kind}&c={}", utf8_percent_encode(payload, ENCODED))
}
