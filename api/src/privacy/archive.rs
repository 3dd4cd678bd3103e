//! The file that a person gets: a ZIP with `data.json` for machines and `data.html` for people. It is written row by row, and
//! what has been written can be taken away meanwhile, so that no file is ever whole in memory.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use boai_entity::Instant;
use chrono::{Datelike, Timelike};
use serde_json::{Map, Value, json};
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    write::{SimpleFileOptions, StreamWriter},
};

use super::{
    cells::{Cell, both},
    registry::{Column, Kind, Words},
};
use crate::platform::civil::SHANGHAI;

/// What the file says of itself.
pub struct Cover {
    /// Names both files in the ZIP: `data`, `report`.
    pub file: &'static str,
    pub title: Words,
    pub about: Words,
}

/// Columns of a part, with what stands above them.
pub struct Heading<'a> {
    /// For machines.
    pub name: &'a str,
    pub title: Words,
    pub columns: &'a [Column],
}

pub struct Archive {
    cover: Cover,
    options: SimpleFileOptions,
    zip: ZipWriter<StreamWriter<Pipe>>,
    pipe: Pipe,
    /// The readable half, until it has its turn: a ZIP is written one file after the other.
    html: Vec<u8>,
    parts: usize,
    rows: usize,
    columns: Vec<Column>,
}

impl Archive {
    pub fn begin(cover: Cover, now: Instant) -> io::Result<Self> {
        let pipe = Pipe::default();
        let made_at = now.with_timezone(&SHANGHAI);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(zip_time(&made_at));
        let mut zip = ZipWriter::new_stream(pipe.clone());
        zip.start_file(format!("{}.json", cover.file), options)?;
        let words = |words: Words| json!({ "zh": words.zh, "en": words.en });
        write!(
            zip,
            "{{\"format\":\"boai-{}/1\",\"madeAt\":{},\"title\":{},\"about\":{},\"parts\":[",
            cover.file,
            json!(now.to_rfc3339()),
            words(cover.title),
            words(cover.about)
        )?;
        let mut html = Vec::new();
        writeln!(
            html,
            "{PAGE_HEAD}<h1>{}</h1><p>{}</p><p>{}: {} (UTC+8)</p>",
            both_words(cover.title),
            both_words(cover.about),
            both(("制作时间", "Made at")),
            made_at.format("%Y-%m-%d %H:%M:%S")
        )?;
        Ok(Self { cover, options, zip, pipe, html, parts: 0, rows: 0, columns: Vec::new() })
    }

    pub fn begin_part(&mut self, heading: &Heading<'_>) -> io::Result<()> {
        let comma = if self.parts == 0 { "" } else { "," };
        let words = |words: Words| json!({ "zh": words.zh, "en": words.en });
        let fields: Map<String, Value> = heading
            .columns
            .iter()
            .map(|column| {
                let mut says = words(column.says);
                if column.kind == Kind::Withheld {
                    says["withheld"] = json!(true);
                }
                (column.name.to_owned(), says)
            })
            .collect();
        write!(
            self.zip,
            "{comma}\n{{\"part\":{},\"title\":{},\"fields\":{},\"rows\":[",
            json!(heading.name),
            words(heading.title),
            Value::Object(fields)
        )?;
        writeln!(self.html, "<h2>{}</h2>", both_words(heading.title))?;
        self.parts += 1;
        self.rows = 0;
        self.columns = heading.columns.to_vec();
        Ok(())
    }

    /// One value for each column of the part.
    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        let with = || self.columns.iter().zip(cells);
        let row: Map<String, Value> = with()
            .filter(|(column, _)| column.kind != Kind::Withheld)
            .map(|(column, cell)| (column.name.to_owned(), cell.json()))
            .collect();
        let comma = if self.rows == 0 { "" } else { "," };
        write!(self.zip, "{comma}\n{}", Value::Object(row))?;
        let readable = |column: &Column| !matches!(column.kind, Kind::Id | Kind::Withheld);
        if self.rows == 0 {
            let heads = self.columns.iter().filter(|column| readable(column));
            let heads: String = heads.map(|column| format!("<th>{}</th>", both_words(column.says))).collect();
            writeln!(self.html, "<div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>")?;
        }
        let cells = with().filter(|(column, _)| readable(column));
        let cells: String = cells.map(|(_, cell)| format!("<td>{}</td>", cell.html())).collect();
        writeln!(self.html, "<tr>{cells}</tr>")?;
        self.rows += 1;
        Ok(())
    }

    pub fn end_part(&mut self) -> io::Result<()> {
        write!(self.zip, "]}}")?;
        match self.rows {
            0 => writeln!(self.html, "<p class=\"none\">{}</p>", both(("没有记录。", "Nothing is held.")))?,
            rows => {
                let counted = both((&format!("共 {rows} 条。"), &format!("{rows} in all.")));
                writeln!(self.html, "</tbody></table></div><p class=\"none\">{counted}</p>")?;
            }
        }
        Ok(())
    }

    /// What of the readable half has been written so far; it comes back with [`Archive::html`].
    pub fn take_html(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.html)
    }

    /// The file for machines is whole; what follows is the one for people.
    pub fn begin_html(&mut self) -> io::Result<()> {
        write!(self.zip, "\n]}}\n")?;
        self.html.extend_from_slice(PAGE_FOOT.as_bytes());
        self.zip.start_file(format!("{}.html", self.cover.file), self.options)?;
        Ok(())
    }

    pub fn html(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.zip.write_all(bytes)
    }

    /// How much of the ZIP waits to be taken.
    pub fn waiting(&self) -> usize {
        self.pipe.lock().len()
    }

    pub fn take_zip(&mut self) -> Vec<u8> {
        self.pipe.take()
    }

    /// The last bytes of the ZIP.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.zip.write_all(&std::mem::take(&mut self.html))?;
        self.zip.finish()?;
        Ok(self.pipe.take())
    }
}

fn both_words(words: Words) -> String {
    both((words.zh, words.en))
}

/// A ZIP knows only years from 1980 to 2107, and no zone: what stands there is the time in China.
fn zip_time(at: &chrono::DateTime<chrono::FixedOffset>) -> DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    DateTime::from_date_and_time(
        year,
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )
    .unwrap_or_default()
}

/// Bytes that the ZIP has given out and nobody has taken yet.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.lock())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// It loads nothing and runs nothing; the language is chosen by style alone, and what is printed is what is shown.
const PAGE_HEAD: &str = r#"<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>博爱 Boai</title>
<style>
body { font: 15px/1.6 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #222; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; border-bottom: 2px solid #b00; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; } thead { display: table-header-group; }
th, td { border: 1px solid #ccc; padding: .25rem .4rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } th { background: #f5f0f0; } tr { break-inside: avoid; } .none { color: #777; font-size: .85rem; }
#zh:checked ~ main [lang=en], #en:checked ~ main [lang=zh] { display: none; }
@media print { body { margin: 0; max-width: none; font-size: 9pt; } .wide { overflow: visible; } .choose { display: none; } }
</style></head><body>
<input class="choose" type="radio" name="language" id="zh" checked><label class="choose" for="zh">中文</label>
<input class="choose" type="radio" name="language" id="en"><label class="choose" for="en">English</label>
<main>
"#;

const PAGE_FOOT: &str = "</main></body></html>\n";
