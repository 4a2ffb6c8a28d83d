//! Places on the stage and on the timeline, in CSS pixels, and how much text fits.

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Rect {
    /// A rectangle.
    pub fn new(x: f32, y: f32, w: f32, h: f32) -> Rect {
        Rect { x, y, w, h }
    }
    /// Right edge.
    pub fn right(self) -> f32 {
        self.x + self.w
    }
    /// Bottom edge.
    pub fn bottom(self) -> f32 {
        self.y + self.h
    }
    /// The middle.
    pub fn center(self) -> Point {
        Point { x: self.x + self.w / 2.0, y: self.y + self.h / 2.0 }
    }
    /// Moved by an offset.
    #[must_use]
    pub fn moved(self, dx: f32, dy: f32) -> Rect {
        Rect { x: self.x + dx, y: self.y + dy, ..self }
    }
    /// Whether the insides of two rectangles have a point in common.
    pub fn overlaps(self, other: Rect) -> bool {
        self.x < other.right() - 0.01 && other.x < self.right() - 0.01 && self.y < other.bottom() - 0.01 && other.y < self.bottom() - 0.01
    }
    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Rect) -> bool {
        other.x >= self.x - 0.01 && other.y >= self.y - 0.01 && other.right() <= self.right() + 0.01 && other.bottom() <= self.bottom() + 0.01
    }
}

/// Width of a text in pixels, estimated: the page's fonts are the system's. Errs on the wide side.
pub fn text_width(text: &str, size: f32, mono: bool) -> f32 {
    if mono {
        return text.chars().count() as f32 * size * 0.61;
    }
    text.chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | '[' | ']' | ' ' | '/' => 0.33,
            'f' | 't' | 'r' | '-' | '"' => 0.42,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
            'A'..='Z' => 0.70,
            _ => 0.60,
        })
        .sum::<f32>()
        * size
}

/// Shortens a text to a width, with an ellipsis at its end.
pub fn fit(text: &str, width: f32, size: f32, mono: bool) -> String {
    if text_width(text, size, mono) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let room = width - text_width("…", size, mono);
    for c in text.chars() {
        out.push(c);
        if text_width(&out, size, mono) > room {
            out.pop();
            break;
        }
    }
    out.push('…');
    out
}

/// Shortens a text to a width, with an ellipsis at its start: the end of an image reference or a
/// generated name says more than its start.
pub fn fit_end(text: &str, width: f32, size: f32, mono: bool) -> String {
    if text_width(text, size, mono) <= width {
        return text.to_owned();
    }
    let room = width - text_width("…", size, mono);
    let mut from = text.len();
    for (i, _) in text.char_indices().rev() {
        if text_width(text.get(i..).unwrap_or_default(), size, mono) > room {
            break;
        }
        from = i;
    }
    format!("…{}", text.get(from..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_text_fits_and_keeps_the_telling_end() {
        let image = "luksa/network-connectivity-checker:1.0";
        let short = fit_end(image, 160.0, 11.0, true);
        assert!(text_width(&short, 11.0, true) <= 160.0, "{short}");
        assert!(short.starts_with('…') && short.ends_with("checker:1.0"));
        assert_eq!(fit("short", 200.0, 12.0, false), "short");
        assert!(fit("a rather long sentence", 60.0, 12.0, false).ends_with('…'));
    }
}
