//! A form with a file, from a page of ours.

use super::form::Form;
use super::is_same_origin;
use crate::print::LOGO_BYTES_MAX;
use crate::web::App;
use crate::web::app::PublicUrl;
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRef, FromRequest, Multipart, Request};
use axum::http::StatusCode;
use bytes::Bytes;

/// Largest file: a logo.
pub(super) const FILE_BYTES_MAX: usize = LOGO_BYTES_MAX;
/// Largest form with a file.
pub(super) const BODY_BYTES_MAX: usize = FILE_BYTES_MAX + 16 * 1024;
/// Most parts that are read.
const PARTS_MAX: usize = 20;

/// What was typed, and the file that was chosen.
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
        let unreadable = |status| {
            let detail = "the form could not be read: open the page again";
            Sorry(Problem::new(status, "invalid-form", detail))
        };
        let broken = |error: MultipartError| unreadable(error.status());
        let form = Multipart::from_request(request, app).await;
        let mut parts = form.map_err(|_| unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let (mut typed, mut file) = (Vec::new(), None);
        for _ in 0..PARTS_MAX {
            let Some(part) = parts.next_field().await.map_err(broken)? else { break };
            let name = part.name().unwrap_or_default().to_owned();
            if part.file_name().is_some() {
                file = Some(part.bytes().await.map_err(broken)?);
            } else {
                typed.push((name, part.text().await.map_err(broken)?));
            }
        }
        Ok(Upload { form: Form::of(typed), file })
    }
}
