use super::*;

const SITE: &str = "system=s\nudiMount=/u\nloopMount=/l\nimagePath=/i\npopulateEtcDynamically=1\n\
    defaultModules=mpich\nmodule_mpich_enabled=1\nmodule_gpu_enabled=1\n";

fn request(words: &[&str], variables: &[(&str, &str)]) -> Result<Request, String> {
    let options = options::parse(words.iter().map(OsString::from)).unwrap();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let conf = Conf::parse_native(SITE).unwrap();
    Request::new(&options, &Variables::find(&variables), &conf).map_err(|error| error.to_string())
}

fn image(words: &[&str], variables: &[(&str, &str)]) -> String {
    request(words, variables).unwrap().image.to_string()
}

const TYPE: (&str, &str) = ("SHIFTER_IMAGETYPE", "custom");
const IMAGE: (&str, &str) = ("SHIFTER_IMAGE", "pair");
const ASKED: (&str, &str) = ("SHIFTER_IMAGEREQUEST", "docker:asked");
const PLAIN: (&str, &str) = ("SHIFTER", "docker:plain");

#[test]
fn the_image_is_taken_in_the_documented_order() {
    assert_eq!(image(&["-i", "a", "-i", "b"], &[TYPE, IMAGE, ASKED, PLAIN]), "docker:b");
    assert_eq!(image(&[], &[TYPE, IMAGE, ASKED, PLAIN]), "custom:pair");
    assert_eq!(image(&[], &[TYPE, ASKED, PLAIN]), "docker:asked", "one of the pair alone is none");
    assert_eq!(image(&[], &[IMAGE, PLAIN]), "docker:plain");
    assert_eq!(
        request(&[], &[IMAGE]).unwrap_err(),
        "no image was named; use --image=TYPE:TAG, or the variable SHIFTER"
    );
}

#[test]
fn the_names_of_the_slurm_plugin_come_second() {
    let of_slurm = [("SLURM_SPANK_SHIFTER_IMAGETYPE", "id"), ("SLURM_SPANK_SHIFTER_IMAGE", "slurm")];
    assert_eq!(image(&[], &of_slurm), "id:slurm");
    assert_eq!(image(&[], &[of_slurm[0], of_slurm[1], IMAGE]), "id:pair", "a pair may be mixed");
    assert_eq!(image(&[], &[of_slurm[0], of_slurm[1], ("SHIFTER_IMAGE", "")]), "id:slurm", "an empty value is none");
}

#[test]
fn what_was_asked_for_stays_known_when_a_pair_was_resolved_from_it() {
    assert_eq!(request(&[], &[TYPE, IMAGE, ASKED]).unwrap().image_as_asked, "docker:asked");
    assert_eq!(request(&["-i", "x"], &[ASKED]).unwrap().image_as_asked, "x");
}

#[test]
fn a_volume_on_the_command_line_replaces_the_variable() {
    let map = |words: &[&str]| request(words, &[PLAIN, ("SHIFTER_VOLUME", "/a:/b;")]).unwrap().volumes.signature();
    assert_eq!(map(&[]), "/a:/b");
    assert_eq!(map(&["-V", "/c:/d:ro", "-V", "/e:/f"]), "/c:/d:ro;/e:/f");
}

#[test]
fn every_wrong_volume_is_named() {
    let error = request(&["-V", "/a:/etc;b:/c", "-V", "/x:/y:rec"], &[PLAIN]).unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(error.contains("volume map, `/etc`: "), "{error}");
}

#[test]
fn modules_of_the_user_replace_the_sites() {
    let names = |words: &[&str], variables: &[(&str, &str)]| {
        let modules = request(words, &[&[PLAIN], variables].concat()).unwrap().modules;
        modules.iter().map(|module| module.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&[], &[]), ["mpich"]);
    assert_eq!(names(&[], &[("SHIFTER_MODULE", "gpu")]), ["gpu"]);
    assert_eq!(names(&["-m", "none"], &[("SHIFTER_MODULE", "gpu")]), ["none"]);
}
