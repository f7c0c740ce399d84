use super::*;

/// A site that knows one image, and counts how often it is asked.
struct Known {
    asked: u32,
    answer: Option<Answer>,
}

impl Site for Known {
    fn conf(&mut self) -> Result<Conf, ConfError> {
        let text = "system=test\nudiMount=/u\nloopMount=/l\nimagePath=/i\netcPath=/e\nmodule_mpich_siteEnv=A=1\n";
        Ok(Conf::parse_native(text).expect("a configuration"))
    }

    fn resolve(&mut self, image: &Descriptor) -> Result<Answer, Refusal> {
        self.asked += 1;
        self.answer.clone().ok_or_else(|| Refusal::NotThere { image: image.clone(), said: "no such image".to_owned() })
    }
}

fn site() -> Known {
    Known { asked: 0, answer: Some(Answer::Image("0123".to_owned())) }
}

fn published(submission: &Submission) -> Vec<String> {
    submission.published().into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?))).collect()
}

fn in_job() -> Inherited {
    let resolved = Some(Descriptor { kind: ImageType::Id, tag: "abcd".to_owned() });
    Inherited {
        image: Some(Image { request: "docker:ubuntu:24.04".to_owned(), resolved }),
        volumes: Some("/a:/b;/c:/d".to_owned()),
        handed_on: Some("/c:/d".to_owned()),
    }
}

#[test]
fn an_image_is_resolved_once_and_told_by_its_identity() {
    let (mut site, mut submission) = (site(), Submission::default());
    submission.image("ubuntu:24.04", &mut site).expect("there");
    submission.image("docker:ubuntu:24.04", &mut site).expect("there");
    assert_eq!(site.asked, 1);
    let expected = ["SHIFTER_IMAGEREQUEST=docker:ubuntu:24.04", "SHIFTER_IMAGETYPE=id", "SHIFTER_IMAGE=0123"];
    assert_eq!(published(&submission), expected);
}

#[test]
fn an_srun_of_the_job_asks_nobody_for_the_jobs_image_and_once_for_another() {
    let (mut site, mut submission) = (site(), Submission::new(in_job()));
    submission.image("ubuntu:24.04", &mut site).expect("there");
    assert_eq!(site.asked, 0);
    assert!(published(&submission).contains(&"SHIFTER_IMAGE=abcd".to_owned()));
    submission.image("custom:ubuntu:24.04", &mut site).expect("there");
    assert_eq!(site.asked, 1);
    assert!(published(&submission).contains(&"SHIFTER_IMAGE=0123".to_owned()));
}

#[test]
fn identities_and_directories_need_no_gateway() {
    let (mut site, mut submission) = (site(), Submission::default());
    submission.image("id:77", &mut site).expect("an identity");
    assert!(published(&submission).contains(&"SHIFTER_IMAGE=77".to_owned()));
    submission.image("local:/srv/tree", &mut site).expect("a directory");
    assert!(published(&submission).contains(&"SHIFTER_IMAGETYPE=local".to_owned()));
    assert_eq!(site.asked, 0);
}

#[test]
fn volumes_add_up_and_replace_those_of_the_job() {
    let mut submission = Submission::default();
    submission.volume("/a:/b").expect("a map");
    submission.volume("/c:/d;/e:/f:ro").expect("a map");
    assert_eq!(published(&submission), ["SHIFTER_VOLUME=/a:/b;/c:/d;/e:/f:ro"]);
    let mut submission = Submission::new(in_job());
    submission.volume("/c:/d").expect("handed on by Slurm");
    assert_eq!(published(&submission), ["SHIFTER_VOLUME=/a:/b;/c:/d"]);
    submission.volume("/x:/y").expect("written on the command");
    assert_eq!(published(&submission), ["SHIFTER_VOLUME=/x:/y"]);
}

#[test]
fn mistakes_are_refused_with_what_they_are() {
    let (mut site, mut submission) = (site(), Submission::default());
    let said = |result: Result<(), Refusal>| result.expect_err("a mistake").to_string();
    assert_eq!(said(submission.image("", &mut site)), "image ``: the image has no name; write `docker:ubuntu:24.04`");
    assert!(said(submission.image("x$(touch /f)", &mut site)).starts_with("image `x$(touch /f)`: "));
    assert!(said(submission.volume("/tmp:/etc")).contains("nothing may be mounted there"));
    assert_eq!(said(submission.module("mpi", &mut site)), "no module is called `mpi`");
    assert_eq!(site.asked, 0);
    site.answer = None;
    assert_eq!(
        said(submission.image("nope", &mut site)),
        "image `docker:nope` is not there (no such image); pull it first: shifterimg pull docker:nope"
    );
    assert!(published(&submission).is_empty());
    submission.module("mpich", &mut site).expect("there is one");
    assert_eq!(published(&submission), ["SHIFTER_MODULE=mpich"]);
}

#[test]
fn ccm_is_an_image_and_takes_no_other() {
    let (mut site, mut submission) = (site(), Submission::default());
    submission.ccm().expect("offered");
    submission.ccm().expect("handed on and written");
    assert!(published(&submission).contains(&"SHIFTER_CCM=1".to_owned()));
    assert!(published(&submission).contains(&"SHIFTER_IMAGE=/".to_owned()));
    assert!(matches!(submission.image("x", &mut site), Err(Refusal::CcmAndImage)));
    let mut submission = Submission::default();
    submission.image("x", &mut site).expect("there");
    assert!(matches!(submission.ccm(), Err(Refusal::CcmAndImage)));
}

#[test]
fn a_job_that_waits_for_its_image_is_told_only_what_was_asked_for() {
    let mut site = Known { asked: 0, answer: Some(Answer::Pending) };
    let mut submission = Submission::default();
    submission.image("new", &mut site).expect("it is being pulled");
    assert!(submission.is_pending());
    assert_eq!(published(&submission), ["SHIFTER_IMAGEREQUEST=docker:new", "SHIFTER_PENDING=1"]);
}
