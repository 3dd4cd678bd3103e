//! Documents that are not known are read a few at a time, beside the threads that serve, and whoever sends them is charged:
//! a flood of them costs its sender, while documents that are known pass by it.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use tokio::{sync::Semaphore, task::spawn_blocking, time::sleep};

use super::{
    Host, Refused, Wire,
    asked::Asked,
    screen::{Errors, Read, Screened},
};

/// How long a connection waits for its end whose caller sent too much that was refused unread. Most of what such a flood costs
/// is connections, which it makes as fast as it loses them; these it keeps, and an address has only so many.
const PENANCE: Duration = Duration::from_secs(1);

/// Turns at reading: one for every two processors, so that the other ones always serve.
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(processors.div_ceil(2))))
    }
}

/// An operation that does not get as far as somebody asking who sent it.
pub enum Unfit {
    /// A document that cannot be executed, and headers that tell how the sender's limits stand.
    Document(Errors, HeaderMap),
    Refused(Refused),
}

impl From<Refused> for Unfit {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl Unfit {
    pub fn errors(self) -> Errors {
        match self {
            Self::Document(errors, _) => errors,
            Self::Refused(refused) => vec![refused.error()],
        }
    }
}

impl<H: Host> Wire<H> {
    /// Everything that can be said of an operation without knowing who asks. It is charged once: for reading its document, or
    /// for being refused.
    pub async fn screened(&self, caller: &Parts, asked: Asked) -> Result<Screened, Unfit> {
        let text = self.screen.text_of(&asked).map_err(|errors| self.unfit(caller, errors))?;
        let (document, charged) = match self.screen.known(&text) {
            Some(document) => (document, None),
            None => self.read(caller, text.clone()).await?,
        };
        self.screen.pick(asked, text, &document).map_err(|errors| match charged {
            Some(headers) => Unfit::Document(errors, headers),
            None => self.unfit(caller, errors),
        })
    }

    /// The document, and headers where it had to be read.
    async fn read(&self, caller: &Parts, text: Arc<str>) -> Result<(Arc<Read>, Option<HeaderMap>), Unfit> {
        let turn = self.reading.0.clone().acquire_owned().await.expect("nobody closes it");
        // When an app is new, a thousand phones send the same at once: the first one's is read.
        if let Some(document) = self.screen.known(&text) {
            return Ok((document, None));
        }
        let headers = self.host.charge(caller)?;
        let screen = self.screen.clone();
        let read = spawn_blocking(move || {
            // Held until it is read, though its sender may give up before.
            let _turn = turn;
            screen.learn(&text)
        });
        match read.await {
            Ok(Ok(document)) => Ok((document, Some(headers))),
            Ok(Err(errors)) => Err(Unfit::Document(errors, headers)),
            // It panicked, which was logged, or the server stops.
            Err(_) => {
                let message = "The document could not be read.";
                Err(Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message).into())
            }
        }
    }

    fn unfit(&self, caller: &Parts, errors: Errors) -> Unfit {
        match self.host.charge(caller) {
            Ok(headers) => Unfit::Document(errors, headers),
            Err(refused) => Unfit::Refused(refused),
        }
    }

    /// A request that is refused before somebody asks who sent it: whoever sends too many of them is told so instead.
    pub async fn charged(&self, caller: &Parts, mut refused: Refused) -> Refused {
        match self.host.charge(caller) {
            Ok(headers) => {
                refused.headers.extend(headers);
                refused
            }
            Err(mut too_many) => {
                // What was not read is not read now either.
                if let Some(close) = refused.headers.remove(header::CONNECTION) {
                    too_many.headers.insert(header::CONNECTION, close);
                    sleep(PENANCE).await;
                }
                too_many
            }
        }
    }
}
