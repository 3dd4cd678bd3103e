//! Who looked at whose: resolvers say what they show of somebody else, and before the answer goes out it is written down,
//! once for each request and person, all of it by one transaction. What cannot be written down is not shown.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    Context, Error, Pos, Request, Response, ServerResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest},
};
use boai_entity::{
    audit_entry::Sights,
    ids::VolunteerId,
    kinds::{LookPurpose, Sight},
};

use super::Note;
use crate::{ctx::Ctx, platform::errors::Fault};

/// What somebody is shown of others in one request; of a subscription, from its beginning to its end.
#[derive(Default)]
pub struct Looks {
    seen: Mutex<Seen>,
    /// Held while they are written down: of two answers at once, none goes out before what the other took along.
    writing: tokio::sync::Mutex<()>,
}

type Sightings = BTreeMap<(VolunteerId, LookPurpose), BTreeSet<Sight>>;

#[derive(Default)]
struct Seen {
    fresh: Sightings,
    kept: Sightings,
}

/// To be called where something of a volunteer is shown; one's own is no look.
pub fn saw(gql: &Context<'_>, volunteer: VolunteerId, purpose: LookPurpose, sight: Sight) {
    let own = gql.data_unchecked::<Ctx>().actor.as_ref().and_then(|actor| actor.volunteer);
    if own == Some(volunteer) {
        return;
    }
    let mut seen = gql.data_unchecked::<Arc<Looks>>().lock();
    let key = (volunteer, purpose);
    if !seen.kept.get(&key).is_some_and(|sights| sights.contains(&sight)) {
        seen.fresh.entry(key).or_default().insert(sight);
    }
}

impl Looks {
    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was seen since the last time.
    async fn write_down(&self, ctx: &Ctx) -> Result<(), Fault> {
        let _writing = self.writing.lock().await;
        let fresh = self.lock().fresh.clone();
        if fresh.is_empty() {
            return Ok(());
        }
        let notes = fresh.iter().map(|((volunteer, purpose), sights)| Note {
            action: "LOOK".into(),
            subject: "Volunteer".into(),
            subject_id: volunteer.0,
            sights: Sights(sights.iter().copied().collect()),
            purpose: Some(*purpose),
            ..Note::default()
        });
        let tx = ctx.db.begin().await?;
        super::append(ctx, &tx, notes.collect()).await?;
        tx.commit().await?;
        let mut seen = self.lock();
        for (key, sights) in fresh {
            if let Some(left) = seen.fresh.get_mut(&key) {
                left.retain(|sight| !sights.contains(sight));
            }
            seen.kept.entry(key).or_default().extend(sights);
        }
        seen.fresh.retain(|_, sights| !sights.is_empty());
        Ok(())
    }
}

/// Gives each request its [`Looks`], and has them written down before an answer goes out.
pub struct LookKeeper;

impl ExtensionFactory for LookKeeper {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Keeper::default())
    }
}

/// One for each request.
#[derive(Default)]
struct Keeper(Arc<Looks>);

#[async_trait::async_trait]
impl Extension for Keeper {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, request.data(self.0.clone())).await
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let response = next.run(ctx, operation_name).await;
        let Some(own) = ctx.data_opt::<Ctx>() else { return response };
        match self.0.write_down(own).await {
            Ok(()) => response,
            Err(fault) => Response::from_errors(vec![Error::from(fault).into_server_error(Pos::default())]),
        }
    }
}
