//! 注销: asking to be erased, thinking better of it, and carrying it out. The person's own rows go or lose whatever names the
//! person; others' records and the statistics stay true.

use boai_entity::{
    Instant, data_export, erasure,
    ids::{DataExportId, ErasureId, PersonId},
    kinds::{DataAsker, DataExportKind, DataExportState, ErasureState},
};
use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    archive::{Archive, Cover, Heading},
    cells::Cell,
    export::new_link,
    registry::{Column, Fate, Kind, TABLES, Table, Words},
    rules::{CancelErasureRefusal, ErasureRefusal, LAST_WORD_HOURS, RECENT_SIGN_IN_MINUTES, recent},
    store::{self, NewExport, Subject},
};
use crate::{
    activities::sign_up,
    auth::store::persons,
    ctx::Ctx,
    leaderboards,
    people::{self, rules::has_guardian},
    platform::{
        civil::civil_day,
        errors::Fault,
        lang::Lang,
        refusal::{OrFault, Stop},
        scalars::PhoneNumber,
        sms::SmsRequest,
    },
};

/// An erasure that was asked for, and where its report will be.
pub struct Asked {
    pub erasure: erasure::Model,
    /// In clear only here and on the phone.
    pub report_path: String,
    pub report_until: Instant,
}

/// Asks to be erased. Asking again is asking once, with another link to the report.
pub async fn request(ctx: &Ctx, phone: &PhoneNumber) -> Result<Asked, Stop<Vec<ErasureRefusal>>> {
    let actor = ctx.actor().or_fault()?;
    let signed_in_at = store::signed_in_at(&ctx.db.conn, actor.session).await.or_fault()?;
    if !signed_in_at.is_some_and(|at| recent(at, ctx.now())) {
        return refuse(ErasureRefusal::SignInAgain { minutes_fresh: RECENT_SIGN_IN_MINUTES });
    }
    let subject = store::subject(&ctx.db.conn, actor.person).await.or_fault()?;
    let subject = subject.ok_or(Stop::Fault(Fault::Unauthenticated))?;
    if subject.phone != phone.0 {
        return refuse(ErasureRefusal::WrongPhone);
    }
    request_for(ctx, &subject, DataAsker::Person).await
}

fn refuse<T>(why: ErasureRefusal) -> Result<T, Stop<Vec<ErasureRefusal>>> {
    Err(Stop::Refused(vec![why]))
}

pub async fn request_for(
    ctx: &Ctx,
    subject: &Subject,
    asked_by: DataAsker,
) -> Result<Asked, Stop<Vec<ErasureRefusal>>> {
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    let in_the_way = obstacles(&tx, subject, now).await.or_fault()?;
    if !in_the_way.is_empty() {
        return Err(Stop::Refused(in_the_way));
    }
    let (report_path, hash) = new_link(ctx);
    let new = erasure::Model {
        id: ErasureId(ctx.new_id()),
        person_id: subject.person,
        asked_by,
        asked_at: now,
        takes_effect_at: now + TimeDelta::days(ctx.config.privacy.erasure_cooling_days),
        state: ErasureState::Waiting,
        ended_at: None,
        report_token_hash: None,
        last_word_to: None,
        language: if ctx.lang == Lang::En { "en" } else { "zh-CN" }.into(),
    };
    let lately = store::asked_since(&tx, subject.person, now - TimeDelta::days(1)).await.or_fault()?;
    let first = store::ask_erasure(&tx, new.clone()).await.or_fault()?;
    let erasure = match store::erasure_of(&tx, subject.person).await.or_fault()? {
        Some(waiting) if waiting.state == ErasureState::Waiting => waiting,
        _ => return Err(Stop::Fault(Fault::Unauthenticated)),
    };
    if asked_by == DataAsker::Guardian && !store::guardian_asks(&tx, erasure.id).await.or_fault()? {
        return Err(Stop::Fault(Fault::Unauthenticated));
    }
    if !store::set_report_link(&tx, erasure.id, &hash).await.or_fault()? {
        return Err(Stop::Fault(Fault::Unauthenticated));
    }
    if first {
        ctx.audit(&tx, "REQUEST_ERASURE", "Person", subject.person.0, Some(asked_by.as_str())).await.or_fault()?;
    }
    tx.commit().await.or_fault()?;
    // Who asks and cancels in turns is not sent a message each time.
    if first && !lately {
        notify(ctx, subject, "ERASURE_REQUESTED", &erasure.language).await;
    }
    let report_until = erasure.takes_effect_at + TimeDelta::days(ctx.config.privacy.erasure_report_days);
    ctx.work.notify_one();
    Ok(Asked { erasure, report_path, report_until })
}

/// Whoever lost the phone or was impersonated still has some days to call it off.
async fn notify(ctx: &Ctx, subject: &Subject, template: &str, language: &str) {
    let notice = SmsRequest { phone: &subject.phone, template, code: None, minutes_valid: None, language };
    if let Err(why) = ctx.sms.send(&notice).await {
        tracing::warn!(why, template, "a notice was not sent");
    }
}

/// Calls the caller's own erasure off. At the very moment at which it takes effect one of the two succeeds.
pub async fn cancel(ctx: &Ctx, id: ErasureId) -> Result<erasure::Model, Stop<CancelErasureRefusal>> {
    let person = ctx.actor().or_fault()?.person;
    cancel_for(ctx, person, id, DataAsker::Person).await
}

pub async fn cancel_for(
    ctx: &Ctx,
    person: PersonId,
    id: ErasureId,
    by: DataAsker,
) -> Result<erasure::Model, Stop<CancelErasureRefusal>> {
    let tx = ctx.db.begin().await.or_fault()?;
    if by == DataAsker::Person {
        let waiting = store::erasure_of(&tx, person).await.or_fault()?.filter(|erasure| erasure.id == id);
        let guardians = waiting.is_some_and(|erasure| erasure.asked_by == DataAsker::Guardian);
        if guardians && is_child(ctx, &tx, person).await.or_fault()? {
            return Err(CancelErasureRefusal::GuardianAsked.into());
        }
    }
    if !store::cancel_erasure(&tx, id, person, ctx.now()).await.or_fault()? {
        return Err(CancelErasureRefusal::NotFound.into());
    }
    let erasure = store::erasure(&tx, id).await.or_fault()?;
    ctx.audit(&tx, "CANCEL_ERASURE", "Person", person.0, None).await.or_fault()?;
    tx.commit().await.or_fault()?;
    erasure.ok_or_else(|| CancelErasureRefusal::NotFound.into())
}

async fn is_child(ctx: &Ctx, db: &impl ConnectionTrait, person: PersonId) -> Result<bool, DbErr> {
    let volunteer = people::store::volunteer_of(db, person).await?;
    Ok(volunteer.is_some_and(|volunteer| has_guardian(volunteer.birth_date, ctx.now())))
}

/// A person's newest erasure, and what keeps it from taking effect now.
pub async fn mine(ctx: &Ctx) -> Result<Option<(erasure::Model, Vec<ErasureRefusal>)>, Fault> {
    of(ctx, ctx.actor()?.person).await
}

pub async fn of(ctx: &Ctx, person: PersonId) -> Result<Option<(erasure::Model, Vec<ErasureRefusal>)>, Fault> {
    let db = &ctx.db.conn;
    let Some(erasure) = store::erasure_of(db, person).await? else { return Ok(None) };
    let subject = match erasure.state {
        ErasureState::Waiting => store::subject(db, person).await?,
        _ => None,
    };
    let in_the_way = match subject {
        Some(subject) => obstacles(db, &subject, ctx.now()).await?,
        None => Vec::new(),
    };
    Ok(Some((erasure, in_the_way)))
}

/// What others need the person for, first.
async fn obstacles(db: &impl ConnectionTrait, subject: &Subject, now: Instant) -> Result<Vec<ErasureRefusal>, DbErr> {
    let Some(found) = store::obstacles(db, subject, now).await? else { return Ok(Vec::new()) };
    let mut reasons = Vec::new();
    if found.checked_in {
        reasons.push(ErasureRefusal::CheckedIn);
    }
    if found.running_activities > 0 {
        reasons.push(ErasureRefusal::RunningActivities { activities: found.running_activities });
    }
    if found.recovery_open {
        reasons.push(ErasureRefusal::RecoveryOpen);
    }
    if let Some(branch) = found.last_officer_of {
        reasons.push(ErasureRefusal::LastOfficer { branch });
    }
    Ok(reasons)
}

/// Carries out every erasure whose time has come. Any number of instances may do so, and each erasure takes effect once. One
/// that something stands in the way of waits on: `me.erasure` says what it is.
pub async fn carry_out_all(ctx: &Ctx) -> Result<usize, Fault> {
    let mut done = 0;
    let mut after = None;
    loop {
        let due = store::due_erasures(&ctx.db.conn, after, ctx.now()).await?;
        let Some(last) = due.last() else { return Ok(done) };
        after = Some((last.takes_effect_at, last.id));
        for erasure in due {
            match carry_out(ctx, &erasure).await {
                Ok(true) => done += 1,
                Ok(false) => {}
                Err(fault) => {
                    tracing::warn!(?fault, erasure = %erasure.id, "an erasure did not take effect; trying again")
                }
            }
        }
    }
}

/// One transaction. Rows are taken in the order in which everybody takes them: the volunteer's, the shifts', the person's,
/// then what hangs on it. The number goes last of all: for that PostgreSQL takes the whole row, so it waits for whoever is
/// just writing something that names the person, and nobody can wait for us meanwhile.
pub async fn carry_out(ctx: &Ctx, erasure: &erasure::Model) -> Result<bool, Fault> {
    let now = ctx.now();
    let tx = ctx.db.begin().await?;
    let Some(subject) = store::subject(&tx, erasure.person_id).await? else { return Ok(false) };
    if let Some(why) = overtaken(ctx, &tx, erasure).await? {
        store::cancel_erasure(&tx, erasure.id, erasure.person_id, now).await?;
        ctx.audit(&tx, "CANCEL_ERASURE", "Person", erasure.person_id.0, Some(why.into())).await?;
        tx.commit().await?;
        return Ok(false);
    }
    if !store::begin_erasure(&tx, erasure.id, &subject.phone, now).await? {
        return Ok(false);
    }
    if let Some(volunteer) = subject.volunteer {
        people::store::lock(&tx, volunteer).await?;
        for sign_up in store::sign_ups_to_come(&tx, volunteer, now).await? {
            sign_up::give_back(ctx, &tx, sign_up.shift_id, volunteer).await?;
        }
    }
    // Whoever signs in takes this row too: either before us, and the session goes, or after us, as somebody new.
    let person = persons::lock(&tx, subject.person).await?;
    let moved = person.is_none_or(|person| person.phone != subject.phone);
    if moved || !obstacles(&tx, &subject, now).await?.is_empty() {
        return Ok(false);
    }
    store::end_acts_about(&tx, subject.person, now).await?;
    if let Some(volunteer) = subject.volunteer {
        leaderboards::store::take_off(&tx, volunteer).await?;
    }
    let rows = erase_rows(&tx, &subject, now).await?;
    // A newer link has replaced the first, or waited for the row that we hold.
    let hash = store::erasure(&tx, erasure.id).await?.and_then(|erasure| erasure.report_token_hash);
    keep_report(ctx, &tx, erasure, hash, &rows).await?;
    ctx.audit(&tx, "ERASE", "Person", subject.person.0, Some(erasure.asked_by.as_str())).await?;
    tx.commit().await?;
    ctx.committed.notify_one();
    tracing::info!(erasure = %erasure.id, "a person was erased");
    Ok(true)
}

/// Why an erasure that was asked for is not wanted any more.
async fn overtaken(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    erasure: &erasure::Model,
) -> Result<Option<&'static str>, DbErr> {
    // What a guardian began ends with the guardianship: from the 18th birthday on the person decides alone.
    if erasure.asked_by == DataAsker::Guardian && !is_child(ctx, tx, erasure.person_id).await? {
        return Ok(Some("OF_AGE"));
    }
    // Whoever had the phone before may have been a thief.
    let recovered = store::recovered_since(tx, erasure.person_id, erasure.asked_at).await?;
    Ok(recovered.then_some("ACCOUNT_RECOVERED"))
}

/// Every table with how many rows of it there were. What hangs on a row goes before it, and the person's own row last. What
/// was being written meanwhile is there by then, and goes too.
async fn erase_rows(
    tx: &impl ConnectionTrait,
    subject: &Subject,
    now: Instant,
) -> Result<Vec<(&'static Table, u64)>, DbErr> {
    let mut rows = Vec::with_capacity(TABLES.len());
    for table in TABLES.iter().rev() {
        rows.push((table, store::erase(tx, table, subject, now).await?));
    }
    for (table, gone) in rows.iter_mut().filter(|(table, _)| !matches!(table.fate, Fate::Keep)) {
        let more = store::erase(tx, table, subject, now).await?;
        *gone = if matches!(table.fate, Fate::Erase) { *gone + more } else { more };
    }
    Ok(rows)
}

/// Sends the last text message to whoever was erased, and forgets the number. A gateway that is away is tried again for a
/// day; a process that dies in between leaves the message unsent, never the number behind.
pub async fn say_last_words(ctx: &Ctx) -> Result<(), Fault> {
    let db = &ctx.db.conn;
    for erasure in store::unsaid(db).await? {
        let Some(phone) = &erasure.last_word_to else { continue };
        if !store::take_number(db, erasure.id).await? {
            continue;
        }
        let word = SmsRequest {
            phone,
            template: "ERASURE_DONE",
            code: None,
            minutes_valid: None,
            language: &erasure.language,
        };
        let in_vain = ctx.sms.send(&word).await.is_err();
        let young = erasure.ended_at.is_some_and(|at| ctx.now() - at < TimeDelta::hours(LAST_WORD_HOURS));
        if in_vain && young {
            store::put_number_back(db, erasure.id, phone).await?;
        }
    }
    Ok(())
}

/// What was erased, what was kept and why, as a file behind the link that was given before.
async fn keep_report(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    erasure: &erasure::Model,
    token_hash: Option<String>,
    rows: &[(&Table, u64)],
) -> Result<(), Fault> {
    let now = ctx.now();
    let bytes = report(rows, now)?;
    let row = store::waiting(NewExport {
        id: DataExportId(ctx.new_id()),
        person: erasure.person_id,
        kind: DataExportKind::ErasureReport,
        asked_by: erasure.asked_by,
        request: erasure.id.0,
        now,
        day: civil_day(now),
        parts_total: 1,
    });
    let row = data_export::Model {
        state: DataExportState::Ready,
        parts_done: 1,
        ready_at: Some(now),
        expires_at: Some(now + TimeDelta::days(ctx.config.privacy.erasure_report_days)),
        size_bytes: i32::try_from(bytes.len()).unwrap_or(i32::MAX),
        token_hash,
        ..row
    };
    let (id, attempt) = (row.id, row.attempt);
    store::ask(tx, row).await?;
    store::add_chunk(tx, (id, attempt), "ZIP", 0, bytes).await?;
    Ok(())
}

fn report(rows: &[(&Table, u64)], now: Instant) -> Result<Vec<u8>, Fault> {
    let column = |name, kind, zh, en| Column { name, kind, says: Words { zh, en }, look: None };
    let columns = [
        column("table", Kind::Id, "数据表", "Table"),
        column("what", Kind::Text, "内容", "What"),
        column("rows", Kind::Whole, "条数", "Rows"),
        column("reason", Kind::Text, "理由", "Why"),
    ];
    let mut archive = Archive::begin(REPORT, now)?;
    for title in Fate::TITLES {
        archive.begin_part(&Heading { name: title.en, title, columns: &columns })?;
        let mut of_it: Vec<_> = rows.iter().filter(|(table, rows)| table.fate.title() == title && *rows > 0).collect();
        of_it.sort_unstable_by_key(|(table, _)| TABLES.iter().position(|known| known.name == table.name));
        for (table, rows) in of_it {
            archive.row(&[
                Cell::Text(table.name.into()),
                Cell::Said(table.title),
                Cell::Whole(i64::try_from(*rows).unwrap_or(i64::MAX)),
                Cell::Said(table.reason),
            ])?;
        }
        archive.end_part()?;
    }
    archive.begin_html()?;
    Ok(archive.finish()?)
}

const REPORT: Cover = Cover {
    file: "report",
    title: Words { zh: "博爱:注销报告", en: "Boai: what became of my data" },
    about: Words {
        zh: "您的账号已注销。以下列出删除了什么、保留了什么以及为何保留(《个人信息保护法》第四十七条)。\
             保留的记录只带系统内部编号,不再指向任何人;用同一手机号再次登录将成为新的账号。\
             时长更正的理由随法定记录保留,审计记录中的文字已删除。",
        en: "Your account has been erased. This is what was deleted, what was kept and why (PIPL, art. 47). What was kept carries \
             identifiers that name nobody any more; signing in again with the same number makes a new account. Reasons for \
             corrections of hours stay with the records that the law has kept; the words in the audit trail are gone.",
    },
};
