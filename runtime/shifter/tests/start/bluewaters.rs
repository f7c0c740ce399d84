//! The configuration of Blue Waters (Leong et al., CUG 2018), as rendered for 16.08 with a patched mount command, read
//! by this runtime. Only places of the host are moved into the small site; the container's are as published.

use crate::world::{alice_is_known_to_the_host, at, isolated, write};

const CONF: &str = include_str!("../../../../tests/data/udiroot/71-golden-bluewaters.conf");
const PREMOUNT: &str = include_str!("../../../../tests/golden/bluewaters/premount.sh");

/// Host paths of the published file and where they are here.
const MOVED: [(&str, &str); 8] = [
    ("udiMount=/var/udiMount", "udiMount=/srv/udi"),
    ("loopMount=/var/udiLoopMount", "loopMount=/srv/loop"),
    ("/opt/cray/shifter/16.08.3", "/srv/host/shifter"),
    ("/mnt/c/scratch/system/shifter/images", "/srv/images"),
    ("/etc/shifter/shifter_etc_files", "/srv/etc"),
    ("siteFs=/", "siteFs=/srv/host/"),
    ("    /", "    /srv/host/"),
    ("=/opt/shifter/site-resources", "=/srv/host/site-resources"),
];

#[test]
fn blue_waters_starts_with_its_own_files() {
    isolated(|world| {
        let conf = MOVED.iter().fold(CONF.to_owned(), |conf, (from, to)| conf.replace(from, to));
        world.write_conf(&conf);
        write("host/shifter/sbin/premount.sh", &PREMOUNT.replace("/var/udiMount", "/srv/udi"));
        write("host/shifter/lib64/shifter/opt/udiImage/bin/tool", "tool\n");
        for place in ["home", "mnt/a", "mnt/b", "mnt/c", "ufs", "var/opt/cray/alps", "dsl/opt"] {
            write(&format!("host/{place}/marker"), &format!("{place}\n"));
        }
        write("host/mnt/c/scratch/sub/marker", "scratch\n");
        alice_is_known_to_the_host();
        assert!(at("udi").is_dir());

        for place in ["home", "mnt/a", "mnt/b", "mnt/c", "ufs", "var/opt/cray/alps", "dsl/opt"] {
            assert_eq!(world.shifter(&["cat", &format!("/{place}/marker")]).ok(), format!("{place}\n"));
        }
        assert_eq!(world.shifter(&["cat", "/scratch/sub/marker"]).ok(), "scratch\n");
        let links = ["/scratch", "/u", "/sw", "/cm", "/projects"];
        let targets = world.shifter(&[&["readlink"], &links[..]].concat()).ok();
        assert_eq!(targets, "mnt/c/scratch\nmnt/a/u\nmnt/a/sw\nsw/cm\nmnt/b/projects\n");
        let environment = world.shifter(&["env"]).ok();
        assert!(environment.contains("SHIFTER_RUNTIME=1\n"), "{environment}");
        assert!(environment.contains("PATH=/bin:/usr/bin:/opt/udiImage/bin\n"), "{environment}");
        assert_eq!(world.shifter(&["cat", "/opt/udiImage/bin/tool"]).ok(), "tool\n");
        assert!(world.shifter(&["cat", "/etc/group"]).ok().contains("staff:x:11027:alice\n"));
        world.shifter(&["touch", "/open/written"]).ok();
    });
}
