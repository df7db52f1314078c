//! What a festival does to a printed code, and what a phone sees of it then: pixels in, pixels out.
//!
//! Everything drawn by chance comes from a seed, so that a measurement gives the same numbers again.
#![allow(clippy::float_arithmetic, reason = "optics")]

use super::on_page;
use crate::print::arrange::Square;
use crate::print::{Layout, Length};
use image::{DynamicImage, GrayImage};
use rand::rngs::StdRng;
use rand::{Rng, RngExt as _};

/// What happened to a code; [`Damage::EVERY`] has them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// Nothing: the dots of the printer themselves.
    None,
    /// Nothing, but seen by a phone, straight on; so are all that follow.
    Seen,
    /// Out of focus: a point spreads like a Gaussian over nearly a module (a standard deviation of 0.4).
    Blur,
    /// Held at 15°.
    Turned,
    /// Around a cylinder of 60 mm, seen from 200 mm; a band lengthwise.
    Wrapped,
    /// Specks and streaks, dark and light, over 5% of the symbol.
    Dirt,
    /// As much, but none on the three finder patterns.
    DirtInside,
    /// Black has become 45% grey and white 75% grey, and the picture is noisy.
    Faded,
    /// All of these at once, with half the blur.
    All,
}

impl Damage {
    pub(super) const EVERY: [Damage; 9] = [
        Damage::None,
        Damage::Seen,
        Damage::Blur,
        Damage::Turned,
        Damage::Wrapped,
        Damage::Dirt,
        Damage::DirtInside,
        Damage::Faded,
        Damage::All,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Damage::None => "as printed",
            Damage::Seen => "seen by a phone",
            Damage::Blur => "blur",
            Damage::Turned => "turned 15°",
            Damage::Wrapped => "around 60 mm",
            Damage::Dirt => "5% dirt",
            Damage::DirtInside => "dirt off finders",
            Damage::Faded => "faded",
            Damage::All => "all at once",
        }
    }

    fn has(self, one: Damage) -> bool {
        self == one || self == Damage::All
    }
}

/// Dots of the printer an inch.
pub(super) const DPI: u32 = 300;
const TURN_DEGREES: f64 = 15.0;
const RADIUS_MM: f64 = 30.0;
const DISTANCE_MM: f64 = 200.0;
const DIRT_SHARE: f64 = 0.05;
const BLUR_MODULES: f64 = 0.4;
const FADED_BLACK: f64 = 0.45;
const FADED_WHITE: f64 = 0.75;
/// Seen around a code and its quiet zone, in modules.
const AROUND: f64 = 3.0;
/// Four samples for each pixel of the phone, where they lie in it.
const SAMPLES: [(f64, f64); 4] = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];

/// A code as it was printed, with what stands around it.
#[derive(Clone)]
pub(super) struct Print {
    pixels: GrayImage,
    /// The code's middle, in pixels.
    centre: (f64, f64),
    /// Size of a module in pixels.
    module: f64,
    module_mm: f64,
    /// Modules across, without the quiet zone.
    modules: f64,
    /// True where the piece runs down the page, as bands do.
    down: bool,
}

impl Print {
    /// A code with its surroundings, where the layout says it lies on the page.
    pub(super) fn cut(
        page: &GrayImage,
        layout: &Layout,
        index: usize,
        reverse: bool,
        square: &Square,
    ) -> Print {
        let area = on_page(layout, index, reverse, &square.dark().grown(square.module * 12));
        let pixels = |length: Length| length.as_nm() as f64 * f64::from(DPI) / 25_400_000.0;
        let (x, y) = (pixels(area.x).max(0.0).floor(), pixels(area.y).max(0.0).floor());
        let (width, height) = (pixels(area.right()) - x, pixels(area.bottom()) - y);
        let cut = image::imageops::crop_imm(page, x as u32, y as u32, width as u32, height as u32);
        Print {
            pixels: cut.to_image(),
            centre: (pixels(area.x + area.width / 2) - x, pixels(area.y + area.height / 2) - y),
            module: pixels(square.module),
            module_mm: square.module.as_nm() as f64 / 1e6,
            modules: square.modules as f64,
            down: layout.turned(),
        }
    }

    /// The print with the damage that stays on it.
    pub(super) fn damaged(mut self, damage: Damage, random: &mut StdRng) -> Print {
        match damage {
            Damage::Dirt | Damage::All => self.soil(random, false),
            Damage::DirtInside => self.soil(random, true),
            _ => {}
        }
        self
    }

    /// What a phone sees of a print that was damaged, at so many pixels a module.
    pub(super) fn seen(&self, damage: Damage, scale: f64, random: &mut StdRng) -> GrayImage {
        if damage == Damage::None {
            return self.with_quiet_zone();
        }
        let mut view = self.projected(damage, scale, random);
        if damage.has(Damage::Blur) {
            let modules = if damage == Damage::All { BLUR_MODULES / 2.0 } else { BLUR_MODULES };
            // Through the dynamic type, whose code the dependency brings along optimised.
            view = DynamicImage::ImageLuma8(view).blur((modules * scale) as f32).into_luma8();
        }
        if damage.has(Damage::Faded) {
            fade(&mut view, random);
        }
        view
    }

    fn with_quiet_zone(&self) -> GrayImage {
        let half = (self.modules / 2.0 + 4.0) * self.module;
        let [x, y] = [self.centre.0 - half, self.centre.1 - half].map(|start| start.max(0.0) as u32);
        let side = (half * 2.0) as u32;
        image::imageops::crop_imm(&self.pixels, x, y, side, side).to_image()
    }

    /// The flat print as the phone projects it.
    fn projected(&self, damage: Damage, scale: f64, random: &mut StdRng) -> GrayImage {
        let side = ((self.modules + 2.0 * (4.0 + AROUND)) * scale).ceil();
        // No phone is held so that modules fall on its pixels.
        let (jitter_x, jitter_y) = (random.random_range(0.0..1.0), random.random_range(0.0..1.0));
        let angle = if damage.has(Damage::Turned) { TURN_DEGREES.to_radians() } else { 0.0 };
        let (sin, cos) = angle.sin_cos();
        let is_wrapped = damage.has(Damage::Wrapped);
        let edge = side as u32;
        let mut view = GrayImage::new(edge, edge);
        for (index, pixel) in view.iter_mut().enumerate() {
            let (x, y) = ((index as u32 % edge) as f64, (index as u32 / edge) as f64);
            let mut sum = 0;
            for (dx, dy) in SAMPLES {
                let u = (x + dx + jitter_x - side / 2.0) / scale;
                let v = (y + dy + jitter_y - side / 2.0) / scale;
                let (a, b) = (u * cos - v * sin, u * sin + v * cos);
                let (a, b) = match (is_wrapped, self.down) {
                    (false, _) => (a, b),
                    (true, false) => self.unrolled(a, b),
                    (true, true) => {
                        let (along, across) = self.unrolled(b, a);
                        (across, along)
                    }
                };
                sum += self.at(self.centre.0 + a * self.module, self.centre.1 + b * self.module);
            }
            *pixel = (sum / 4) as u8;
        }
        view
    }

    /// Where on the flat print a point of the picture lies, once the print is around the cylinder; in modules.
    fn unrolled(&self, along: f64, across: f64) -> (f64, f64) {
        let slope = along * self.module_mm / DISTANCE_MM;
        let sine = slope * (DISTANCE_MM + RADIUS_MM) / (RADIUS_MM * (1.0 + slope * slope).sqrt());
        if sine.abs() >= 1.0 {
            // Past the cylinder's edge.
            return (1e6, 1e6);
        }
        let angle = sine.asin() - slope.atan();
        let behind = RADIUS_MM * (1.0 - angle.cos());
        (RADIUS_MM * angle / self.module_mm, across * (1.0 + behind / DISTANCE_MM))
    }

    /// The print's brightness at a point; white outside of it.
    fn at(&self, x: f64, y: f64) -> u32 {
        let (width, height) = self.pixels.dimensions();
        if x < 0.0 || y < 0.0 || x >= f64::from(width) || y >= f64::from(height) {
            return 255;
        }
        u32::from(self.pixels.as_raw()[y as usize * width as usize + x as usize])
    }

    /// Covers 5% of the symbol with mud, drink and scratches, or of what is not a finder pattern.
    fn soil(&mut self, random: &mut StdRng, spare_finders: bool) {
        let side = self.modules * self.module;
        let to_cover = side * side * DIRT_SHARE;
        let millimetre = self.module / self.module_mm;
        let mut soiled = vec![false; self.pixels.len()];
        let mut covered = 0.0;
        while covered < to_cover {
            let is_streak = random.random_ratio(1, 4);
            let (length, width) = if is_streak {
                (random.random_range(5.0..12.0), random.random_range(0.3..0.6))
            } else {
                (random.random_range(0.0..2.0), random.random_range(1.0..3.5))
            };
            let shade = if random.random_ratio(1, 2) { 40 } else { 225 };
            let mut drawn = |middle: f64| middle + (random.random_range(0.0..1.0) - 0.5) * side;
            let from = (drawn(self.centre.0), drawn(self.centre.1));
            let (sin, cos) = random.random_range(0.0..std::f64::consts::TAU).sin_cos();
            let to = (from.0 + length * millimetre * cos, from.1 + length * millimetre * sin);
            let radius = width * millimetre / 2.0;
            if !(spare_finders && self.is_near_finder(from, to, radius)) {
                covered += self.stroke(from, to, radius, shade, &mut soiled);
            }
        }
    }

    /// True where a line comes into three of the symbol's corners; there finder patterns take eight modules each way.
    fn is_near_finder(&self, from: (f64, f64), to: (f64, f64), radius: f64) -> bool {
        let inner = (self.modules / 2.0 - 8.0) * self.module;
        let (left, right) = (from.0.min(to.0) - radius, from.0.max(to.0) + radius);
        let (top, bottom) = (from.1.min(to.1) - radius, from.1.max(to.1) + radius);
        let (is_left, is_right) = (left < self.centre.0 - inner, right > self.centre.0 + inner);
        let (is_top, is_bottom) = (top < self.centre.1 - inner, bottom > self.centre.1 + inner);
        if self.down {
            // The symbol is turned by a quarter: its corner without a finder is at the left bottom.
            is_top && (is_left || is_right) || is_right && is_bottom
        } else {
            is_top && (is_left || is_right) || is_left && is_bottom
        }
    }

    /// Draws a line with round ends. How many pixels of the symbol it covered that were clean before.
    fn stroke(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        radius: f64,
        shade: u8,
        soiled: &mut [bool],
    ) -> f64 {
        let (width, height) = (f64::from(self.pixels.width()), f64::from(self.pixels.height()));
        let range = |a: f64, b: f64, most: f64| {
            let (least, largest) = (a.min(b) - radius, a.max(b) + radius);
            least.clamp(0.0, most) as u32..largest.ceil().clamp(0.0, most) as u32
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let square = (dx * dx + dy * dy).max(1e-9);
        let half = self.modules * self.module / 2.0;
        let mut covered = 0.0;
        for y in range(from.1, to.1, height) {
            for x in range(from.0, to.0, width) {
                let (px, py) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
                let along = (((px - from.0) * dx + (py - from.1) * dy) / square).clamp(0.0, 1.0);
                let (ax, ay) = (px - from.0 - along * dx, py - from.1 - along * dy);
                if ax * ax + ay * ay > radius * radius {
                    continue;
                }
                let index = (y * self.pixels.width() + x) as usize;
                let inside = (px - self.centre.0).abs() < half && (py - self.centre.1).abs() < half;
                if inside && !std::mem::replace(&mut soiled[index], true) {
                    covered += 1.0;
                }
                self.pixels.put_pixel(x, y, image::Luma([shade]));
            }
        }
        covered
    }
}

/// Black and white, parted halfway between the darkest and the brightest pixel.
pub(super) fn parted(image: &GrayImage) -> GrayImage {
    let (least, most) = image.iter().fold((255, 0), |(least, most), p| ((*p).min(least), (*p).max(most)));
    let middle = least / 2 + most / 2;
    let mut parted = image.clone();
    parted.iter_mut().for_each(|pixel| *pixel = if *pixel > middle { 255 } else { 0 });
    parted
}

/// Takes the contrast away and adds noise.
fn fade(image: &mut GrayImage, random: &mut StdRng) {
    for eight in image.chunks_mut(8) {
        let noise = random.next_u64().to_le_bytes();
        for (pixel, noise) in eight.iter_mut().zip(noise) {
            let brightness = FADED_BLACK * 255.0 + f64::from(*pixel) * (FADED_WHITE - FADED_BLACK);
            // Up to eight levels up or down.
            *pixel = (brightness + f64::from(noise % 17) - 8.0) as u8;
        }
    }
}
