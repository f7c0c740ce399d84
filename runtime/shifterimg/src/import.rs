//! `shifterimg import`: have an image file taken as it is, where the site lets one.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use shifter_formats::image::Descriptor;
use shifter_formats::meta::ImageFormat;
use shifter_gateway_types::rest::ImportBody;

use crate::args::{Args, Wait};
use crate::failure::Failure;
use crate::gateway::{Gateways, Request};
use crate::ids::Access;
use crate::progress::Progress;
use crate::pull;

/// As far as superblocks are looked for.
const HEAD: u64 = 2048;

/// Names the file as the gateway's host has it, and waits until the image can be used.
pub(crate) fn run(
    gateways: &mut Gateways,
    path: &Path,
    image: &Descriptor,
    access: &Access,
    args: &Args,
) -> Result<(), Failure> {
    let path = std::path::absolute(path).map_err(|error| Failure::Usage(format!("`{}`: {error}", path.display())))?;
    // Links are the user's, and the gateway follows none.
    let path = path.canonicalize().unwrap_or(path);
    let format = match &args.format {
        Some(format) => format.clone(),
        None => format_of(&path)?.as_str().to_owned(),
    };
    let filepath = path.into_os_string().into_string();
    let filepath = filepath.map_err(|path| Failure::Usage(format!("{path:?} is no UTF-8")))?;
    let (allowed_uids, allowed_gids) = access.lists();
    let body = ImportBody { filepath, format, allowed_uids, allowed_gids };
    let body = serde_json::to_string(&body).expect("four strings");
    let request = Request::post("doimport", Some(image), body);
    let progress = Progress::new("Importing", image, args);
    let record = gateways.ask(&request)?.found(image)?;
    pull::follow(gateways, &request, image, record, progress, Wait::ForTheEnd, args.output)
}

/// What a file is, by its first bytes.
fn format_of(path: &PathBuf) -> Result<ImageFormat, Failure> {
    let wrong = |what: String| Failure::Usage(format!("`{}`: {what}; write --format", path.display()));
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    file.take(HEAD).read_to_end(&mut head).map_err(|error| wrong(error.to_string()))?;
    ImageFormat::of_superblock(&head).ok_or_else(|| wrong("it is no image of a format that is known".to_owned()))
}
