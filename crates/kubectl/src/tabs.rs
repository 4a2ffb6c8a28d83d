//! Elastic tabs: what Go's `text/tabwriter` makes of cells that end in a tab.

/// Aligns text whose cells end in tabs. `minimum` is a column's least width, `padding` the blanks
/// after its longest cell. A line without a tab ends a block of columns.
pub fn align(text: &str, minimum: usize, padding: usize) -> String {
    let (body, end) = match text.strip_suffix('\n') {
        Some(body) => (body, "\n"),
        None => (text, ""),
    };
    let lines: Vec<Vec<&str>> = body.split('\n').map(|l| l.split('\t').collect()).collect();
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    let mut writer = Aligner { lines: &lines, minimum, padding, widths: Vec::new(), out: &mut out };
    writer.format(0, lines.len());
    out.pop();
    out.push_str(end);
    out
}

struct Aligner<'a> {
    lines: &'a [Vec<&'a str>],
    minimum: usize,
    padding: usize,
    widths: Vec<usize>,
    out: &'a mut String,
}

impl Aligner<'_> {
    fn format(&mut self, from: usize, to: usize) {
        let lines = self.lines;
        let column = self.widths.len();
        let ends = |line: usize| lines.get(line).is_none_or(|l| column + 1 >= l.len());
        let (mut start, mut this) = (from, from);
        while this < to {
            if ends(this) {
                this += 1;
                continue;
            }
            self.write(start, this);
            start = this;
            let mut width = self.minimum;
            while this < to && !ends(this) {
                width = width.max(lines[this][column].chars().count() + self.padding);
                this += 1;
            }
            self.widths.push(width);
            self.format(start, this);
            self.widths.pop();
            start = this;
        }
        self.write(start, to);
    }

    fn write(&mut self, from: usize, to: usize) {
        for line in &self.lines[from..to] {
            for (j, cell) in line.iter().enumerate() {
                self.out.push_str(cell);
                if let Some(width) = self.widths.get(j) {
                    self.out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
                }
            }
            self.out.push('\n');
        }
    }
}

/// Rows of cells as `kubectl get` aligns them: columns at least 6 wide, 3 blanks apart. `widths`
/// remembers how wide the columns have become (a watch never narrows them).
pub fn rows(rows: &[Vec<String>], widths: &mut Vec<usize>) -> String {
    for row in rows {
        for (i, cell) in row.iter().enumerate().take(row.len().saturating_sub(1)) {
            if widths.len() <= i {
                widths.push(6);
            }
            widths[i] = widths[i].max(cell.chars().count() + 3);
        }
    }
    let mut out = String::new();
    for row in rows {
        for (i, cell) in row.iter().enumerate() {
            out.push_str(cell);
            if i + 1 < row.len() {
                out.extend(std::iter::repeat_n(' ', widths[i].saturating_sub(cell.chars().count())));
            }
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_a_tab_ends_the_block() {
        assert_eq!(align("Name:\ta\nLonger name:\tb\nHead\nA:\tc\n", 0, 2), "Name:         a\nLonger name:  b\nHead\nA:  c\n");
    }
}
