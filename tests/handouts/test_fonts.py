"""What a machine needs to print, and which characters our fonts have."""

import os
import shutil
import subprocess

import pytest
from fontTools.ttLib import TTFont

from mengya_health.errors import StartRefused
from mengya_health.handouts.fonts import FOLDER, FONT_FILES, FONTS_CONF, check_rendering, unprintable_characters


def test_this_machine_can_print():
    assert check_rendering() is None


@pytest.mark.parametrize("missing", FONT_FILES + (FONTS_CONF.name,))
def test_a_missing_font_file_refuses_the_start_and_is_named(missing, tmp_path):
    for name in (*FONT_FILES, FONTS_CONF.name):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(StartRefused) as refusal:
        check_rendering(tmp_path)
    assert missing in refusal.value.zh
    assert missing in refusal.value.en


def test_a_missing_library_refuses_the_start_and_says_what_to_install():
    with pytest.raises(StartRefused) as refusal:
        check_rendering(libraries={"libharfbuzz-absent.so.0": "libharfbuzz-subset0"})
    assert "apt-get install libharfbuzz-subset0" in refusal.value.zh


def test_fontconfig_sees_our_two_fonts_and_no_others():
    environment = {**os.environ, "FONTCONFIG_FILE": str(FONTS_CONF)}
    listed = subprocess.run(
        [shutil.which("fc-list"), ":", "file"], env=environment, capture_output=True, text=True, check=True
    )
    assert sorted(line.split("/")[-1].rstrip(": ") for line in listed.stdout.splitlines()) == sorted(FONT_FILES)


def test_both_weights_have_the_same_characters():
    with TTFont(FOLDER / FONT_FILES[0], lazy=True) as regular, TTFont(FOLDER / FONT_FILES[1], lazy=True) as bold:
        assert set(regular.getBestCmap()) == set(bold.getBestCmap())


def test_rare_characters_of_names_can_be_printed():
    assert unprintable_characters("喆 堃 犇 䶮 𬭊 阿依古丽·买买提") == []


def test_unprintable_characters_are_named_once_and_in_order():
    assert unprintable_characters("小🙂芽🙂⌂\n") == ["🙂", "⌂"]
