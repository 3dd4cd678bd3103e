//! A certificate on paper: A4, Chinese typography, the same bytes for the same certificate. No emblem is drawn (the red cross is
//! protected by law) and no seal (one is put on by hand where somebody asks for it: order 67, art. 15).

use std::sync::LazyLock;

use boai_entity::{
    certificate::{Line, Model as Certificate, Unit},
    kinds::Book,
};
use chrono::{DateTime, Datelike, NaiveDate};
use krilla::{
    Document,
    color::luma,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime as PdfTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule},
    surface::Surface,
    text::{Font, GlyphId, KrillaGlyph},
};
use qrcodegen::{QrCode, QrCodeEcc};
use skrifa::{
    FontRef, MetadataProvider,
    charmap::Charmap,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
};

use super::rules::{content, duration};
use crate::platform::civil::{SHANGHAI, civil_day};

/// What a certificate is printed with: see api/fonts.
static FONT: &[u8] = include_bytes!("../../fonts/certificate.otf");
static PARSED: LazyLock<Option<Font>> = LazyLock::new(|| Font::new(FONT.into(), 0));

/// Points: A4, its margins, and what the text is set in.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const LEFT: f32 = 56.0;
const RIGHT: f32 = WIDTH - 56.0;
const TOP: f32 = 64.0;
const BOTTOM: f32 = HEIGHT - 74.0;
const TEXT: f32 = 11.5;
const SMALL: f32 = 9.0;
const LEADING: f32 = 13.5;
const BLACK: u8 = 0;
const GREY: u8 = 90;
const LIGHT: u8 = 238;
/// Where the columns of the table begin, and where the last ends: day, time, activity, content, duration.
const COLUMNS: [f32; 6] = [LEFT, LEFT + 62.0, LEFT + 142.0, LEFT + 324.0, LEFT + 420.0, RIGHT];
const HEADS: [&str; 5] = ["日期", "起止时间", "活动名称", "服务内容", "服务时间"];
/// The QR code's side.
const QR: f32 = 104.0;
/// What stands for a character that the font lacks.
const GETA: char = '〓';

/// Something on a page.
enum Mark {
    Text { x: f32, y: f32, size: f32, shade: u8, text: String },
    Box { x: f32, y: f32, width: f32, height: f32, shade: u8 },
}

/// The font's measures.
struct Face {
    font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    em: f32,
}

impl Face {
    fn load() -> Result<Self, String> {
        let font = PARSED.clone().ok_or("the font of certificates cannot be read")?;
        let parsed = FontRef::new(FONT).map_err(|error| format!("the font of certificates: {error}"))?;
        let em = font.units_per_em();
        Ok(Self {
            font,
            charmap: parsed.charmap(),
            metrics: parsed.glyph_metrics(Size::unscaled(), LocationRef::default()),
            em,
        })
    }

    fn has(&self, c: char) -> bool {
        self.charmap.map(c).is_some()
    }

    /// Glyph and width, in ems.
    fn glyph(&self, c: char) -> (u32, f32) {
        let glyph = self.charmap.map(c).or_else(|| self.charmap.map(GETA)).unwrap_or_default();
        (glyph.to_u32(), self.metrics.advance_width(glyph).unwrap_or(self.em) / self.em)
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.glyph(c).1).sum::<f32>() * size
    }

    /// Lines no wider than this. A mark that closes something never begins a line, one that opens never ends it, and words of
    /// Latin letters and digits stay whole where they can.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        let mut used = 0.0;
        for piece in pieces(text) {
            let own = self.width(&piece, size);
            if used > 0.0 && used + own > width {
                lines.push(String::new());
                used = 0.0;
            }
            // A piece wider than the line is broken anywhere.
            for c in piece.chars() {
                let step = self.glyph(c).1 * size;
                if used > 0.0 && used + step > width {
                    lines.push(String::new());
                    used = 0.0;
                }
                if let Some(line) = lines.last_mut() {
                    line.push(c);
                }
                used += step;
            }
        }
        lines
    }

    fn draw(&self, surface: &mut Surface<'_>, (x, y): (f32, f32), size: f32, text: &str) {
        let mut drawn = String::with_capacity(text.len());
        let mut glyphs = Vec::new();
        for c in text.chars() {
            let start = drawn.len();
            drawn.push(if self.has(c) { c } else { GETA });
            let (glyph, width) = self.glyph(c);
            glyphs.push(KrillaGlyph::new(GlyphId::new(glyph), width, 0.0, 0.0, 0.0, start..drawn.len(), None));
        }
        surface.draw_glyphs(Point::from_xy(x, y), &glyphs, self.font.clone(), &drawn, size, false);
    }
}

/// What must not be parted at the end of a line.
fn pieces(text: &str) -> Vec<String> {
    let closes = |c: char| "，。、；：？！）》〉」』】”’%…·,.;:)".contains(c);
    let opens = |c: char| "（《〈「『【“‘(".contains(c);
    let word = |c: char| c.is_ascii_alphanumeric() || "-–/.".contains(c);
    let mut pieces: Vec<String> = Vec::new();
    for c in text.chars() {
        match pieces.last_mut() {
            Some(last)
                if last
                    .chars()
                    .next_back()
                    .is_some_and(|before| closes(c) || opens(before) || (word(before) && word(c))) =>
            {
                last.push(c);
            }
            _ => pieces.push(c.into()),
        }
    }
    pieces
}

/// The pages while they are set.
struct Setting<'a> {
    face: &'a Face,
    certificate: &'a Certificate,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

impl Setting<'_> {
    fn mark(&mut self, mark: Mark) {
        match self.pages.last_mut() {
            Some(page) => page.push(mark),
            None => self.pages.push(vec![mark]),
        }
    }

    fn text_at(&mut self, x: f32, size: f32, shade: u8, text: &str) {
        let y = self.y;
        self.mark(Mark::Text { x, y, size, shade, text: text.into() });
    }

    fn centred(&mut self, size: f32, shade: u8, text: &str) {
        let x = (WIDTH - self.face.width(text, size)) / 2.0;
        self.text_at(x, size, shade, text);
    }

    fn right_aligned(&mut self, size: f32, shade: u8, text: &str) {
        let x = RIGHT - self.face.width(text, size);
        self.text_at(x, size, shade, text);
    }

    fn rule(&mut self, y: f32, thickness: f32, shade: u8) {
        self.mark(Mark::Box { x: LEFT, y, width: RIGHT - LEFT, height: thickness, shade });
    }

    fn paragraph(&mut self, size: f32, shade: u8, width: f32, text: &str) {
        for line in self.face.lines(text, size, width) {
            self.text_at(LEFT, size, shade, &line);
            self.y += size * 1.65;
        }
    }

    fn title(&mut self) {
        let certificate = self.certificate;
        let shown = &certificate.shown;
        self.y = TOP + 30.0;
        self.centred(26.0, BLACK, "志愿服务记录证明");
        self.y += 20.0;
        self.centred(SMALL, GREY, "Proof of Volunteer Service");
        self.y += 30.0;
        self.text_at(LEFT, 10.0, GREY, &format!("证明编号：{}", certificate.number));
        self.right_aligned(10.0, GREY, &format!("出具日期：{}", chinese(civil_day(certificate.issued_at))));
        self.y += 8.0;
        self.rule(self.y, 0.8, BLACK);
        self.y += 28.0;
        let id = shown.id_number.as_ref().map_or_else(String::new, |number| format!("，证件号码 {number}"));
        let text = format!(
            "\u{3000}\u{3000}兹证明 {}（志愿者编号 {}{id}）于 {} 至 {} 期间参加志愿服务，经记录单位确认的服务时间共 {}。\
             各记录单位所记服务内容、日期和时间如下：",
            shown.name,
            shown.volunteer_number,
            chinese(shown.from),
            chinese(shown.to),
            duration(shown.minutes()),
        );
        self.paragraph(TEXT, BLACK, RIGHT - LEFT, &text);
        self.y += 2.0;
    }

    /// A new page, with what each one begins with.
    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
        let (number, name) = (self.certificate.number.clone(), self.certificate.shown.name.clone());
        self.text_at(LEFT, SMALL, GREY, &format!("志愿服务记录证明（续）  {name}"));
        self.right_aligned(SMALL, GREY, &format!("编号 {number}"));
        self.y += 6.0;
        self.rule(self.y, 0.5, GREY);
        self.y += 18.0;
    }

    fn room_for(&mut self, height: f32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.turn();
        true
    }

    fn unit(&mut self, unit: &Unit) {
        self.room_for(74.0);
        self.y += 12.0;
        let name = format!("记录单位：{}（{}）", unit.team, unit.branch);
        let (all, filled) = (unit.minutes(), back_filled(unit));
        let sum = match filled {
            0 => format!("小计 {}", duration(all)),
            _ => format!("小计 {}（其中补录 {}）", duration(all), duration(filled)),
        };
        let beside = self.face.width(&sum, 10.0) + 12.0;
        let lines = self.face.lines(&name, 10.5, RIGHT - LEFT - beside);
        for (place, line) in lines.iter().enumerate() {
            self.text_at(LEFT, 10.5, BLACK, line);
            if place == 0 {
                self.right_aligned(10.0, BLACK, &sum);
            }
            self.y += 15.0;
        }
        self.y -= 8.0;
        self.heads();
        for line in &unit.records {
            self.line(line);
        }
        self.rule(self.y - 9.5, 0.5, BLACK);
        self.y += 6.0;
    }

    fn heads(&mut self) {
        self.mark(Mark::Box { x: LEFT, y: self.y, width: RIGHT - LEFT, height: 18.0, shade: LIGHT });
        self.rule(self.y, 0.5, BLACK);
        self.rule(self.y + 18.0, 0.5, BLACK);
        self.y += 12.5;
        for (head, x) in HEADS.iter().zip(COLUMNS) {
            self.text_at(x + 3.0, SMALL, BLACK, head);
        }
        self.y += 19.0;
    }

    fn line(&mut self, line: &Line) {
        let filled = if line.book == Book::BackFilled { "（补录）" } else { "" };
        let cells = [
            line.day.to_string(),
            times(line),
            line.activity.clone(),
            format!("{}{filled}", content(line.content).0),
            duration(line.minutes.into()),
        ];
        let face = self.face;
        let cells: Vec<Vec<String>> = cells
            .iter()
            .zip(COLUMNS.windows(2))
            .map(|(cell, edges)| face.lines(cell, SMALL, edges[1] - edges[0] - 6.0))
            .collect();
        let high = cells.iter().map(Vec::len).max().unwrap_or(1);
        #[expect(clippy::cast_precision_loss, reason = "lines of one cell")]
        let height = high as f32 * LEADING;
        if self.room_for(height) {
            self.heads();
        }
        let top = self.y;
        for (cell, x) in cells.iter().zip(COLUMNS) {
            self.y = top;
            for text in cell {
                self.text_at(x + 3.0, SMALL, BLACK, text);
                self.y += LEADING;
            }
        }
        self.y = top + height + 3.0;
        self.rule(self.y - 10.0, 0.25, 190);
    }

    /// Who issued it, and how it is checked.
    fn end(&mut self, code: &str, qr: &QrCode, missing: &str) {
        self.room_for(176.0 + if missing.is_empty() { 0.0 } else { 30.0 });
        let certificate = self.certificate;
        self.y += 24.0;
        self.right_aligned(TEXT, BLACK, &format!("出具单位：{}", certificate.shown.issuer));
        self.y += 20.0;
        self.right_aligned(TEXT, BLACK, &chinese(civil_day(certificate.issued_at)));
        self.y += 16.0;
        let top = self.y;
        self.qr(qr, LEFT, top);
        let x = LEFT + QR + 18.0;
        self.y = top + 12.0;
        self.text_at(x, 10.5, BLACK, &format!("查验码：{code}"));
        self.y += 17.0;
        let how = match &certificate.address {
            Some(address) => format!("查验方式：扫描左侧二维码，或打开 {address}/verify 输入证明编号和查验码。"),
            None => "查验方式：在本平台的查验页面输入证明编号和查验码。".into(),
        };
        let notes = [
            how,
            "二维码含经数字签名的证明要点，可离线核验。如所载记录此后被更正，本证明失效，查验时会提示。".into(),
            "本证明依据《志愿服务记录与证明出具办法（试行）》（民政部令第67号）出具，不收取费用；未加盖印章不影响查验。"
                .into(),
            missing.into(),
        ];
        for note in notes.iter().filter(|note| !note.is_empty()) {
            for line in self.face.lines(note, SMALL, RIGHT - x) {
                self.text_at(x, SMALL, GREY, &line);
                self.y += LEADING;
            }
            self.y += 3.0;
        }
    }

    fn qr(&mut self, qr: &QrCode, left: f32, top: f32) {
        #[expect(clippy::cast_precision_loss, reason = "a QR code has 177 modules at most")]
        let at = |module: i32| module as f32 * QR / qr.size() as f32;
        for y in 0..qr.size() {
            let mut x = 0;
            while x < qr.size() {
                let end = (x..qr.size()).find(|x| !qr.get_module(*x, y)).unwrap_or(qr.size());
                if end > x {
                    let (width, height) = (at(end) - at(x), at(y + 1) - at(y));
                    self.mark(Mark::Box { x: left + at(x), y: top + at(y), width, height, shade: BLACK });
                }
                x = end + 1;
            }
        }
    }

    fn feet(&mut self) {
        let all = self.pages.len();
        let number = &self.certificate.number;
        for (page, marks) in self.pages.iter_mut().enumerate() {
            let text = format!("证明编号 {number}  第 {} 页，共 {all} 页", page + 1);
            let x = (WIDTH - self.face.width(&text, SMALL)) / 2.0;
            marks.push(Mark::Text { x, y: HEIGHT - 42.0, size: SMALL, shade: GREY, text });
        }
    }
}

fn back_filled(unit: &Unit) -> i64 {
    unit.records.iter().filter(|line| line.book == Book::BackFilled).map(|line| i64::from(line.minutes)).sum()
}

fn chinese(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 08:00–12:00, in China; of a night shift the end says that it is of the next day.
fn times(line: &Line) -> String {
    let local = |at: i64| DateTime::from_timestamp(at, 0).map(|at| at.with_timezone(&SHANGHAI));
    match (local(line.from), local(line.to)) {
        (Some(from), Some(to)) => {
            let next = if to.date_naive() > from.date_naive() { "次日" } else { "" };
            format!("{}–{next}{}", from.format("%H:%M"), to.format("%H:%M"))
        }
        _ => String::new(),
    }
}

/// What the QR code holds: where to look, with what is signed behind the `#`; or that alone.
pub fn qr_text(certificate: &Certificate, code: &str) -> String {
    match &certificate.address {
        Some(address) => {
            let (number, payload) = (&certificate.number, &certificate.payload);
            format!("{address}/verify?number={number}&code={code}#{payload}")
        }
        None => certificate.payload.clone(),
    }
}

/// The PDF's bytes.
pub fn render(certificate: &Certificate, code: &str) -> Result<Vec<u8>, String> {
    let face = Face::load()?;
    let qr = QrCode::encode_text(&qr_text(certificate, code), QrCodeEcc::Low);
    let qr = qr.map_err(|error| format!("the QR code: {error}"))?;
    let mut setting = Setting { face: &face, certificate, pages: Vec::new(), y: TOP };
    setting.title();
    for unit in &certificate.shown.units {
        setting.unit(unit);
    }
    let missing = missing(&face, certificate);
    setting.end(code, &qr, &missing);
    setting.feet();
    print(certificate, &face, &setting.pages)
}

/// Which characters stand as 〓.
fn missing(face: &Face, certificate: &Certificate) -> String {
    let shown = &certificate.shown;
    let of_units = shown.units.iter().flat_map(|unit| {
        let activities = unit.records.iter().map(|line| line.activity.as_str());
        [unit.team.as_str(), unit.branch.as_str()].into_iter().chain(activities)
    });
    let texts = [shown.name.as_str(), shown.issuer.as_str()].into_iter().chain(of_units);
    let mut lacking: Vec<char> = texts.flat_map(str::chars).filter(|c| !face.has(*c)).collect();
    lacking.sort_unstable();
    lacking.dedup();
    if lacking.is_empty() {
        return String::new();
    }
    let named: Vec<String> = lacking.iter().take(12).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    format!("〓 为字库未收的字，依次按 Unicode 编码为：{}。查验页面显示原字。", named.join("、"))
}

fn print(certificate: &Certificate, face: &Face, pages: &[Vec<Mark>]) -> Result<Vec<u8>, String> {
    let mut document = Document::new();
    let issued = certificate.issued_at.with_timezone(&SHANGHAI);
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let made = PdfTime::new(u16::try_from(issued.year()).unwrap_or_default())
        .month(small(issued.month()))
        .day(small(issued.day()))
        .utc_offset_hour(8);
    document.set_metadata(
        Metadata::new()
            .title(format!("志愿服务记录证明 {}", certificate.number))
            .authors(vec![certificate.shown.issuer.clone()])
            .language("zh-CN".into())
            .creation_date(made)
            .document_id(certificate.number.clone()),
    );
    for marks in pages {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("the size of a page")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        let mut shade_set = None;
        for mark in marks {
            let (Mark::Text { shade, .. } | Mark::Box { shade, .. }) = mark;
            if shade_set != Some(*shade) {
                let paint = luma::Color::new(*shade).into();
                surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::NonZero }));
                shade_set = Some(*shade);
            }
            match mark {
                Mark::Text { x, y, size, text, .. } => face.draw(&mut surface, (*x, *y), *size, text),
                Mark::Box { x, y, width, height, .. } => {
                    let mut path = PathBuilder::new();
                    path.push_rect(Rect::from_xywh(*x, *y, *width, *height).ok_or("the size of a box")?);
                    surface.draw_path(&path.finish().ok_or("a box")?);
                }
            }
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| format!("the PDF: {error:?}"))
}
