use super::*;

#[test]
fn a_toolkit_says_which_cuda_it_is_and_else_its_runtime_library_does() {
    let mut contents = Contents::default();
    assert_eq!(contents.cuda(), None);
    contents.name("opt/venv/nvidia/cuda_runtime/lib/libcudart.so.12");
    contents.name("usr/lib/libcublas.so.13");
    assert_eq!(contents.cuda().as_deref(), Some("12"));
    contents.name("usr/local/cuda-12.2/lib64/libcudart.so.12.2.140");
    contents.name("opt/torch/lib/libcudart-d0da41ae.so.11.0");
    assert_eq!(contents.cuda().as_deref(), Some("12.2.140"));
    assert!(Contents::wants("usr/local/cuda-12.2/version.json") && !Contents::wants("opt/app/version.json"));
    contents.add("usr/local/cuda-10.1/version.txt", b"CUDA Version 10.1.243\n");
    assert_eq!(contents.cuda().as_deref(), Some("10.1.243"));
    contents.add("usr/local/cuda-12.2/version.json", br#"{"cuda":{"name":"CUDA SDK","version":"12.2.20230823"}}"#);
    contents.add("usr/local/cuda/version.json", b"{ no JSON");
    assert_eq!(contents.cuda().as_deref(), Some("12.2.20230823"));
}

#[test]
fn musl_says_its_version() {
    let mut contents = Contents::default();
    contents.add("lib/ld-musl-x86_64.so.1", b"\x7fELF\0musl libc (%s)\nVersion %s\n\0x86_64\x001.2.4\x0010.2.3\0");
    assert_eq!(contents.libc.as_deref(), Some("musl 1.2.4"));
    let mut silent = Contents::default();
    silent.add("lib/ld-musl-aarch64.so.1", b"\x7fELF");
    assert_eq!(silent.libc.as_deref(), Some("musl"));
}

#[test]
fn the_c_library_of_this_machine_is_recognised() {
    let places = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"];
    let Some(place) = places.into_iter().find(|place| std::path::Path::new(place).exists()) else {
        println!("skipped: this machine's C library is not glibc's");
        return;
    };
    assert!(Contents::wants(place));
    let mut contents = Contents::default();
    contents.add(place, &std::fs::read(place).unwrap());
    assert!(contents.libc.unwrap().starts_with("glibc 2."));
    assert!(matches!(contents.machine.unwrap().to_string().as_str(), "amd64" | "arm64"));
    assert_eq!(contents.mpi, []);
}

#[test]
fn open_mpi_under_mpichs_name_has_its_own_interface() {
    let library = |is_open_mpi| Mpi {
        path: "usr/lib/libmpi.so.12".to_owned(),
        soname: "libmpi.so.12".to_owned(),
        is: None,
        interface: None,
        architecture: "amd64".to_owned(),
        is_open_mpi,
    };
    assert_eq!(library(false).abi(), Some(Abi::Mpich));
    assert_eq!(library(true).abi(), Some(Abi::OpenMpi1));
}
