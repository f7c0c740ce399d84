//! Which of the images that one name stands for: of the node's platform, and of the digest that was asked for.

use shifter_formats::image::{Descriptor, ImageType, Platform};

use super::ImageError;
use super::store::{Found, Store};

/// The best image for this node: of the highest variant that it runs. What an older gateway put there says no platform.
///
/// # Errors
/// [`ImageError::OtherPlatform`] if there are images, and none for this node.
pub(super) fn for_node(found: Vec<Found>, image: &Descriptor) -> Result<Option<Found>, ImageError> {
    choose(found, &Platform::of_this_node(), image)
}

fn choose(found: Vec<Found>, node: &Platform, image: &Descriptor) -> Result<Option<Found>, ImageError> {
    if found.is_empty() {
        return Ok(None);
    }
    let there: Vec<String> = found.iter().filter_map(|found| found.platform.clone()).collect();
    let level = |found: &Found| match &found.platform {
        None => Some(0),
        Some(text) => text.parse().ok().filter(|image| node.runs(image)).map(|image: Platform| image.level()),
    };
    let fitting = found.into_iter().filter_map(|found| Some((level(&found)?, found)));
    match fitting.max_by_key(|(level, _)| *level) {
        Some((_, found)) => Ok(Some(found)),
        None => Err(ImageError::OtherPlatform { image: image.clone(), node: node.to_string(), there }),
    }
}

/// `name@sha256:...` and `name:tag@sha256:...`, where the index has no such name: what the tag stands for, if that is it,
/// and else the image of this identity.
pub(super) fn by_digest(store: &Store<'_>, image: &Descriptor) -> Result<Vec<Found>, ImageError> {
    let Some((named, digest)) = split(image) else { return Ok(Vec::new()) };
    let is_it = |found: &Found| {
        found.digest.as_deref() == Some(digest) || digest.strip_prefix("sha256:") == Some(found.id.as_str())
    };
    let of_tag: Vec<Found> = store.find(&named)?.into_iter().filter(is_it).collect();
    match digest.strip_prefix("sha256:") {
        Some(id) if of_tag.is_empty() => store.find_by_id(id),
        _ => Ok(of_tag),
    }
}

/// The tag, where it is there and stands for something else than the digest that was asked for.
pub(super) fn of_other_digest(
    store: &Store<'_>,
    image: &Descriptor,
    permitted: impl Fn(&Found) -> bool,
) -> Result<Option<ImageError>, ImageError> {
    let Some((named, _)) = split(image) else { return Ok(None) };
    let digest = store.find(&named)?.into_iter().filter(permitted).find_map(|found| found.digest);
    Ok(digest.map(|digest| ImageError::OtherDigest { image: image.clone(), named, digest }))
}

fn split(image: &Descriptor) -> Option<(Descriptor, &str)> {
    let (name, digest) = image.tag.split_once('@').filter(|_| image.kind == ImageType::Docker)?;
    Some((Descriptor { kind: image.kind, tag: name.to_owned() }, digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shifter_formats::meta::Meta;

    fn found(platform: Option<&str>) -> Found {
        Found {
            id: platform.unwrap_or("old").to_owned(),
            digest: None,
            platform: platform.map(str::to_owned),
            meta: Meta::default(),
        }
    }

    fn chosen(platforms: &[Option<&str>]) -> Result<Option<String>, String> {
        let image = Descriptor { kind: ImageType::Docker, tag: "a:1".to_owned() };
        let node = "linux/amd64/v3".parse().unwrap();
        let chosen = choose(platforms.iter().map(|platform| found(*platform)).collect(), &node, &image);
        chosen.map(|found| found.map(|found| found.id)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_highest_variant_that_the_node_runs_is_taken() {
        let all = ["linux/amd64", "linux/amd64/v2", "linux/amd64/v3", "linux/amd64/v4", "linux/arm64"];
        assert_eq!(chosen(&all.map(Some)).unwrap().as_deref(), Some("linux/amd64/v3"));
        assert_eq!(chosen(&[Some("linux/arm64"), Some("linux/amd64")]).unwrap().as_deref(), Some("linux/amd64"));
        assert_eq!(chosen(&[None]).unwrap().as_deref(), Some("old"));
        assert_eq!(chosen(&[]), Ok(None));
    }

    #[test]
    fn without_one_for_this_node_what_there_is_is_named() {
        assert_eq!(
            chosen(&[Some("linux/arm64"), Some("linux/ppc64le")]).unwrap_err(),
            "image `docker:a:1` is for linux/arm64, linux/ppc64le, and this node is linux/amd64/v3"
        );
    }
}
