//! A copy of everything held about a person: asked for, made by whichever instance comes first, handed out by a link.

use boai_entity::{
    Instant, data_export,
    ids::{DataExportId, PersonId},
    kinds::{DataAsker, DataExportKind, DataExportState},
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    archive::{Archive, Cover, Heading},
    registry::{self, Part, Words},
    rules::{ExportRefusal, LinkRefusal, percent},
    store::{self, NewExport},
};
use crate::{
    auth::rules::{token_hash, token_text},
    ctx::Ctx,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
};

/// Rows read at once.
const PAGE: usize = 500;
/// How large a piece of a file grows before it goes into the database, in bytes.
const PIECE: usize = 256 * 1024;

/// Asks for a copy. The same request id again, or asking again while one is being made, is asking once.
pub async fn request(ctx: &Ctx, request: Uuid) -> Result<data_export::Model, Stop<ExportRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    request_for(ctx, person, DataAsker::Person, request).await
}

pub async fn request_for(
    ctx: &Ctx,
    person: PersonId,
    asked_by: DataAsker,
    request: Uuid,
) -> Result<data_export::Model, Stop<ExportRefusal>> {
    let now = ctx.now();
    let new = store::waiting(NewExport {
        id: DataExportId(ctx.new_id()),
        person,
        kind: DataExportKind::MyData,
        asked_by,
        request,
        now,
        day: civil_day(now),
        parts_total: count(registry::parts().len()),
    });
    let tx = ctx.db.begin().await.or_fault()?;
    if !store::ask(&tx, new.clone()).await.or_fault()? {
        let next = When(day_bounds(civil_day(now)).1);
        let same = store::same_wish(&tx, person, request).await.or_fault()?;
        return same.ok_or_else(|| ExportRefusal::OneADay { next }.into());
    }
    ctx.audit(&tx, "REQUEST_MY_DATA", "Person", person.0, Some(asked_by.as_str())).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.work.notify_one();
    Ok(new)
}

/// Where a file can be fetched, and until when. In clear only here and on the phone.
pub struct Link {
    pub path: String,
    pub expires_at: Instant,
}

/// Makes a link to one of the caller's copies; the one before is good no longer.
pub async fn create_link(ctx: &Ctx, id: DataExportId) -> Result<Link, Stop<LinkRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    create_link_for(ctx, person, id).await
}

pub async fn create_link_for(ctx: &Ctx, person: PersonId, id: DataExportId) -> Result<Link, Stop<LinkRefusal>> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let export = store::export_of(&tx, person, id).await.or_fault()?.ok_or(LinkRefusal::NotFound)?;
    let (path, hash) = new_link(ctx);
    let expires_at = match (export.state, export.expires_at) {
        (DataExportState::Waiting | DataExportState::Running, _) => {
            let percent = percent(export.parts_done, export.parts_total);
            return Err(LinkRefusal::NotReady { percent }.into());
        }
        (DataExportState::Ready, Some(at)) if store::set_link(&tx, id, &hash, now).await.or_fault()? => at,
        _ => return Err(LinkRefusal::Gone.into()),
    };
    ctx.audit(&tx, "LINK_MY_DATA", "Person", person.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    Ok(Link { path, expires_at })
}

/// The path of a new link, and what is kept of its token: 256 random bits, so a plain hash cannot be turned back.
pub fn new_link(ctx: &Ctx) -> (String, String) {
    let token = token_text(ctx.random.bytes());
    (format!("/exports/{token}"), token_hash(&token))
}

/// A person's newest copies.
pub async fn mine(ctx: &Ctx) -> Result<Vec<data_export::Model>, Fault> {
    Ok(store::exports(&ctx.db.conn, ctx.actor()?.person).await?)
}

/// The file behind a link, as long as it is good; that it was fetched is written down for the person to see.
pub async fn open(ctx: &Ctx, token: &str) -> Result<Option<data_export::Model>, Fault> {
    let Some(file) = store::linked(&ctx.db.conn, &token_hash(token), ctx.now()).await? else { return Ok(None) };
    let tx = ctx.db.begin().await?;
    ctx.audit(&tx, "FETCH_MY_DATA", "Person", file.person_id.0, None).await?;
    tx.commit().await?;
    Ok(Some(file))
}

/// A piece of a finished file; none behind its last.
pub async fn piece(ctx: &Ctx, file: &data_export::Model, seq: i32) -> Result<Option<Vec<u8>>, Fault> {
    Ok(store::chunk(&ctx.db.conn, (file.id, file.attempt), ZIP, seq).await?)
}

/// Makes every copy that waits. Any number of instances may do so: each copy is claimed by one, and one that dies loses its
/// claim after a minute.
pub async fn make_all(ctx: &Ctx) -> Result<usize, Fault> {
    let mut made = 0;
    store::fail_exhausted(&ctx.db.conn, ctx.now()).await?;
    while let Some(job) = claim(ctx).await? {
        match make(ctx, &job).await {
            Ok(true) => made += 1,
            Ok(false) => {}
            Err(fault) => {
                tracing::warn!(?fault, export = %job.id, attempt = job.attempt, "a copy of somebody's data was not made");
                store::drop_chunks(&ctx.db.conn, &job).await?;
                store::let_go(&ctx.db.conn, &job, ctx.now()).await?;
                store::fail_exhausted(&ctx.db.conn, ctx.now()).await?;
            }
        }
    }
    Ok(made)
}

/// The next copy to make; nobody else gets it as long as signs of life come.
pub async fn claim(ctx: &Ctx) -> Result<Option<data_export::Model>, Fault> {
    Ok(store::claim(&ctx.db.conn, ctx.now()).await?)
}

/// Makes a copy that was claimed; false when somebody else has taken it over, or the person is gone.
pub async fn make(ctx: &Ctx, job: &data_export::Model) -> Result<bool, Fault> {
    let db = &ctx.db.conn;
    let Some(subject) = store::subject(db, job.person_id).await? else { return Ok(false) };
    let mut file = Writing::begin(ctx, job)?;
    for (done, part) in registry::parts().into_iter().enumerate() {
        let columns = part.columns();
        let name = part_name(&part);
        file.archive.begin_part(&Heading { name: &name, title: part.title(), columns: &columns })?;
        let mut after = None;
        loop {
            let page = store::rows(db, &part, &columns, &subject, after.take(), PAGE).await?;
            for row in &page.rows {
                file.archive.row(row)?;
            }
            file.put_away().await?;
            after = page.next;
            if after.is_none() {
                break;
            }
            if !store::progress(db, job, count(done), ctx.now()).await? {
                return file.abandon().await;
            }
        }
        file.archive.end_part()?;
        if !store::progress(db, job, count(done + 1), ctx.now()).await? {
            return file.abandon().await;
        }
    }
    file.finish().await
}

fn part_name(part: &Part) -> String {
    match part.acts.and_then(|acts| acts.of.columns().first().copied()) {
        Some(column) => format!("{}.{column}", part.table.name),
        None => part.table.name.into(),
    }
}

/// Parts of a file in the database.
const ZIP: &str = "ZIP";
const HTML: &str = "HTML";

/// A copy while it is being written: what has been written goes into the database piece by piece.
struct Writing<'a> {
    ctx: &'a Ctx,
    job: &'a data_export::Model,
    archive: Archive,
    /// Readable text that is not yet a piece.
    html: Vec<u8>,
    html_pieces: i32,
    zip_pieces: i32,
    size: usize,
}

impl<'a> Writing<'a> {
    fn begin(ctx: &'a Ctx, job: &'a data_export::Model) -> Result<Self, Fault> {
        let archive = Archive::begin(COVER, ctx.now())?;
        Ok(Self { ctx, job, archive, html: Vec::new(), html_pieces: 0, zip_pieces: 0, size: 0 })
    }

    /// Puts what has grown large enough into the database.
    async fn put_away(&mut self) -> Result<(), Fault> {
        self.html.extend(self.archive.take_html());
        if self.html.len() >= PIECE {
            self.put_html().await?;
        }
        if self.archive.waiting() >= PIECE {
            let bytes = self.archive.take_zip();
            self.put_zip(bytes).await?;
        }
        Ok(())
    }

    async fn put_html(&mut self) -> Result<(), Fault> {
        let bytes = std::mem::take(&mut self.html);
        store::add_chunk(&self.ctx.db.conn, self.key(), HTML, self.html_pieces, bytes).await?;
        self.html_pieces += 1;
        Ok(())
    }

    async fn put_zip(&mut self, bytes: Vec<u8>) -> Result<(), Fault> {
        self.size += bytes.len();
        store::add_chunk(&self.ctx.db.conn, self.key(), ZIP, self.zip_pieces, bytes).await?;
        self.zip_pieces += 1;
        Ok(())
    }

    fn key(&self) -> (DataExportId, i32) {
        (self.job.id, self.job.attempt)
    }

    /// Somebody else makes it now.
    async fn abandon(self) -> Result<bool, Fault> {
        store::drop_chunks(&self.ctx.db.conn, self.job).await?;
        Ok(false)
    }

    /// Appends the readable half and closes the file. It is there for everybody in the same moment, or not at all.
    async fn finish(mut self) -> Result<bool, Fault> {
        self.archive.begin_html()?;
        self.html.extend(self.archive.take_html());
        self.put_html().await?;
        for seq in 0..self.html_pieces {
            let bytes = store::chunk(&self.ctx.db.conn, self.key(), HTML, seq).await?;
            let bytes =
                bytes.ok_or_else(|| Fault::Internal("a piece of a copy went missing while it was made".into()))?;
            self.archive.html(&bytes)?;
            if self.archive.waiting() >= PIECE {
                let bytes = self.archive.take_zip();
                self.put_zip(bytes).await?;
            }
        }
        let Self { ctx, job, archive, zip_pieces, size, .. } = self;
        let last = archive.finish()?;
        let size = count(size + last.len());
        store::add_chunk(&ctx.db.conn, (job.id, job.attempt), ZIP, zip_pieces, last).await?;
        let now = ctx.now();
        let expires_at = now + TimeDelta::hours(ctx.config.privacy.export_hours);
        let tx = ctx.db.begin().await?;
        let finished = store::finish(&tx, job, size, now, expires_at).await?;
        tx.commit().await?;
        if !finished {
            store::drop_chunks(&ctx.db.conn, job).await?;
        }
        Ok(finished)
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

const COVER: Cover = Cover {
    file: "data",
    title: Words { zh: "博爱:我的个人信息副本", en: "Boai: everything held about me" },
    about: Words {
        zh: "本文件列出系统保存的、与您有关的全部信息(《个人信息保护法》第四十五条):您本人的记录,以及您经手的他人记录中属于您的部分。\
             data.html 供阅读和打印,data.json 供程序读取,内容更全(含各类编号)。他人的身份和密钥类内容不在其中。\
             如有错误,请联系您的服务队或红十字会更正。",
        en: "This is everything that the system holds about you (PIPL, art. 45): your own records, and your part in records of \
             others that you had a hand in. data.html is for reading and printing; data.json is for programs and holds more \
             (identifiers). Who other people are, and what would open a door, is left out. If something is wrong, ask your team \
             or your branch to correct it.",
    },
};
