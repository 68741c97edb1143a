import pytest


def test_start(person, town):
    doctor = person()
    doctor.sign_in("doctor")
    doctor.look("today-empty")
    doctor.open("/children/new")
    doctor.look("child-new")
    print(doctor.complaints)
