//! Libraries that others wrote for real devices, as they are on PyPI, take the emulators for such ones: `minimalmodbus` 2.1.1 the Modbus pump,
//! `mettler_toledo_device` 1.5.0 the balance. Needs Python with `venv`, and PyPI once; where something is missing a test says SKIPPED.

mod driven;

#[test]
fn minimalmodbus_runs_a_dose_and_understands_each_exception() {
    // 100 uL at 120 mL/h: three seconds.
    let Some(said) = driven::by("modbus_driver.py", &[], &["modbus-rtu"]) else {
        return;
    };
    let expected = "version 10\nset [0, 1200, 100]\n\
                    IllegalRequestError Slave reported illegal data value\n\
                    IllegalRequestError Slave reported illegal data address\n\
                    IllegalRequestError Slave reported illegal function\n\
                    running 1\n\
                    SlaveDeviceBusyError Slave reported device busy\n\
                    given 100000 nL\n";
    assert_eq!(said, Ok(expected.to_owned()));
}

#[test]
fn minimalmodbus_finds_a_wrong_check() {
    let Some(said) = driven::by("modbus_driver.py", &[], &["modbus-rtu", "--misbehave", "wrong-check:1"]) else {
        return;
    };
    let why = said.expect_err("a frame with a wrong check");
    assert!(
        why.starts_with("minimalmodbus.InvalidResponseError: Checksum error in rtu mode"),
        "{why}"
    );
}

#[test]
fn mettler_toledo_device_reads_and_zeroes_the_balance() {
    let folder = tempfile::tempdir().unwrap();
    let beaker = folder.path().join("beaker");
    std::fs::write(&beaker, "12345600\n").unwrap();
    let device = ["balance", "--weighs", beaker.to_str().unwrap()];
    let Some(said) = driven::by("balance_driver.py", &[], &device) else {
        return;
    };
    let expected = "serial 0123456789 XS204 Excellence 220.0090 g\n\
                    weight [12.3456, 'g', 'S'] [12.3456, 'g']\n\
                    zero True [0.0, 'g', 'S'] S\n";
    assert_eq!(said, Ok(expected.to_owned()));
}
