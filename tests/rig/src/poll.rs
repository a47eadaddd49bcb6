//! Waiting by asking again, never by sleeping for as long as it probably takes.

use std::time::{Duration, Instant};

use crate::{Error, Result};

/// How long anything is waited for: longer than a slow machine under load needs, so that
/// only a real failure exhausts it.
pub const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(10);

/// Asks `probe` again and again until it yields something, and names `what` if it never does.
///
/// # Errors
/// [`Error::GaveUp`] after [`PATIENCE`].
pub async fn eventually<T, F>(what: impl Into<String>, probe: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    within(PATIENCE, what, probe).await
}

/// [`eventually`] with a patience of one's own.
pub(crate) async fn within<T, F>(
    patience: Duration,
    what: impl Into<String>,
    mut probe: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return Ok(found);
        }
        if start.elapsed() > patience {
            return Err(Error::GaveUp { what: what.into(), after: patience });
        }
        tokio::time::sleep(PAUSE).await;
    }
}
