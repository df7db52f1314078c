//! A form with a file, from a page of ours.

use super::form::Form;
use super::is_same_origin;
use crate::print::LOGO_BYTES_MAX;
use crate::web::App;
use crate::web::app::PublicUrl;
use crate::web::body;
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRef, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use std::time::Duration;

/// Largest file: a logo.
pub(super) const FILE_BYTES_MAX: usize = LOGO_BYTES_MAX;
/// Largest form that is read, so that its page can say how large a file was: a picture as a studio hands it over.
pub(super) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How long a form with a file may take to arrive: 32 MiB over a line of a megabit a second.
const TIME_MAX: Duration = Duration::from_secs(280);
/// Most parts that are read.
const PARTS_MAX: usize = 20;

/// What was typed, and the file that was chosen. Of one that is too large nothing is left but a mistake beside its field.
pub(super) struct Upload {
    pub(super) form: Form,
    pub(super) file: Option<Bytes>,
}

impl FromRequest<App> for Upload {
    type Rejection = Sorry;

    async fn from_request(request: Request, app: &App) -> Result<Upload, Sorry> {
        if !is_same_origin(request.headers(), &PublicUrl::from_ref(app)) {
            return Err(super::cross_site());
        }
        body::within(TIME_MAX, Upload::read(request, app)).await?
    }
}

impl Upload {
    async fn read(request: Request, app: &App) -> Result<Upload, Sorry> {
        let form = Multipart::from_request(request, app).await;
        let mut parts = form.map_err(|_| unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let (mut typed, mut file, mut too_large) = (Vec::new(), None, None);
        for _ in 0..PARTS_MAX {
            let Some(part) = parts.next_field().await.map_err(broken)? else { break };
            let name = part.name().unwrap_or_default().to_owned();
            let is_file = part.file_name().is_some();
            match read(part).await.map_err(broken)? {
                Ok(bytes) if is_file => file = Some(bytes),
                Ok(text) => typed.push((name, String::from_utf8_lossy(&text).into_owned())),
                Err(bytes) => too_large = Some((name, bytes)),
            }
        }
        let mut form = Form::of(typed);
        if let Some((name, bytes)) = too_large {
            let (most, kilobytes) = (FILE_BYTES_MAX / 1024, bytes.div_ceil(1024));
            form.wrong(&name, format!("this file has {kilobytes} kB: {most} kB at most"));
        }
        Ok(Upload { form, file })
    }
}

/// What is in a part; its size where that is too large: what is beyond the limit is counted and let go.
async fn read(mut part: Field<'_>) -> Result<Result<Bytes, usize>, MultipartError> {
    let (mut held, mut bytes) = (BytesMut::new(), 0);
    while let Some(chunk) = part.chunk().await? {
        bytes += chunk.len();
        if bytes <= FILE_BYTES_MAX {
            held.extend_from_slice(&chunk);
        }
    }
    Ok(if bytes <= FILE_BYTES_MAX { Ok(held.freeze()) } else { Err(bytes) })
}

fn broken(error: MultipartError) -> Sorry {
    unreadable(error.status())
}

fn unreadable(status: StatusCode) -> Sorry {
    let detail = match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let (file, body) = (FILE_BYTES_MAX / 1024, BODY_BYTES_MAX / 1024);
            format!("a file may have {file} kB, and this one has more than {body} kB: open the page again")
        }
        _ => "the form could not be read: open the page again".to_owned(),
    };
    Sorry(Problem::new(status, "invalid-form", detail))
}
