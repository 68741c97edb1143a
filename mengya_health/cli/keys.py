"""Keys: how old they are, new ones, wrapping again, sealing again, recovery codes, replaying erasures."""

from pathlib import Path

import click

from mengya_health.cli.base import data_option, main, opened, progress, settings_of

KINDS = {"root": "主密钥 root", "wrapping": "包装密钥 wrapping"}


@main.group()
def keys() -> None:
    """Keys of this installation."""


@keys.command()
@data_option
@click.option("--envelopes", is_flag=True, help="数一数各套件的密文（慢） Count the envelopes of each suite (slow).")
def status(envelopes: bool, data_dir: Path | None) -> None:
    """Print every key version, its age, and how much hangs on it."""
    from mengya_health.operations import key_rotation, rekeying

    with opened(data_dir) as installation:
        now = installation.now()
        for each in key_rotation.versions(installation):
            days = (now - each.made_at).days
            click.echo(
                f"{each.kind}:{each.version:<3} {each.id}  {each.made_at:%Y-%m-%d}（{days} 天 days）  "
                f"包着 wraps {each.wraps}  封签 seals {each.seals}"
            )
        keystore = installation.keystore
        click.echo(f"新密文用 New envelopes: {keystore.write_suite.name}")
        click.echo(f"散列固定为 Hashes stay: {keystore.hash_suite.name}")
        for suite, number in sorted(rekeying.envelopes_by_suite(installation).items()) if envelopes else ():
            click.echo(f"0x{suite:02x}: {number}")


@keys.command()
@data_option
@click.argument("kind", type=click.Choice(["root", "wrapping", "both"]), default="both")
def rotate(kind: str, data_dir: Path | None) -> None:
    """Make a new root key, a new wrapping key, or both; afterwards run `keys rewrap`."""
    from mengya_health.operations import key_rotation

    with opened(data_dir) as installation:
        if kind != "wrapping":
            click.echo(f"{KINDS['root']} {key_rotation.rotate_root(installation)}")
        if kind != "root":
            click.echo(f"{KINDS['wrapping']} {key_rotation.rotate_wrapping(installation)}")
    click.echo("请再运行 mengya keys rewrap。 Now run mengya keys rewrap.")


@keys.command()
@data_option
def rewrap(data_dir: Path | None) -> None:
    """Put every key and every seal under the newest versions. May be broken off and run again."""
    from mengya_health.operations import key_rotation, rekeying

    with opened(data_dir) as installation:
        changed = key_rotation.rewrap(installation, progress())
        removed = rekeying.remove_unused_keys(installation)
    click.echo(f"换了 {changed} 个，清掉不再用的 {removed} 把。 {changed} changed, {removed} unused key(s) removed.")


@keys.command()
@data_option
@click.argument("version")
def destroy(version: str, data_dir: Path | None) -> None:
    """Destroy an old VERSION (as `keys status` writes it: root:1, wrapping:2) that nothing hangs on any more.

    Two administrators give their sign-in names and passwords.
    """
    from mengya_health.errors import Invalid
    from mengya_health.operations import key_rotation
    from mengya_health.operations.two_persons import require_two_administrators

    with opened(data_dir) as installation:
        named = {f"{each.kind}:{each.version}": each.id for each in key_rotation.versions(installation)}
        if version not in named:
            raise Invalid("没有这个密钥版本，请看 mengya keys status。", "No such key version; see mengya keys status.")
        require_two_administrators(installation, [_proof(1), _proof(2)])
        key_rotation.destroy(installation, named[version], now=installation.now())
    click.echo(f"{version} 已销毁。 Destroyed.")


@keys.command()
@data_option
@click.option("--child", type=click.UUID, help="孩子的编号 The child's id.")
@click.option("--suite", type=click.Choice(["0x01", "0x11"]), help="整个系统换成哪个套件 The suite to change all to.")
def rekey(child, suite: str | None, data_dir: Path | None) -> None:
    """Seal one child's record with new keys, or everybody's with another suite, while the app runs."""
    from mengya_health.operations import rekeying

    if (child is None) == (suite is None):
        raise click.UsageError("请写 --child 或 --suite 中的一个。 Give either --child or --suite.")
    with opened(data_dir) as installation:
        if child:
            number = rekeying.rekey_child(installation, child)
        else:
            number = rekeying.rekey_all(installation, int(suite, 16), progress())
    click.echo(f"重新加密了 {number} 份。 {number} sealed again.")


@keys.command()
@data_option
def replay(data_dir: Path | None) -> None:
    """Carry the erasure ledger out on databases restored from a backup, and end an erasure that broke off."""
    from mengya_health.operations.replaying import replay_erasures

    with opened(data_dir, checks_keys=False) as installation:
        number = replay_erasures(installation)
    click.echo(f"已照销毁登记办好，{number} 把。 The ledger is carried out: {number} key(s).")


@keys.command()
@data_option
def check(data_dir: Path | None) -> None:
    """Look at every envelope: is its key there? Names the keys that are missing. Slow; after every restore."""
    from mengya_health.crypto.erasure_ledger import ErasureLedger
    from mengya_health.errors import IntegrityError
    from mengya_health.operations.key_check import missing_keys

    with opened(data_dir) as installation:
        ledger = ErasureLedger(installation.settings.ledger_file).entries()
        missing = missing_keys(installation.engine, installation.keystore, ledger)
    for key_id in missing:
        click.echo(str(key_id))
    if missing:
        raise IntegrityError(f"缺 {len(missing)} 把密钥。", f"{len(missing)} key(s) are missing.")
    click.echo("密钥齐全。 Every key is there.")


@keys.command()
@data_option
def passphrase(data_dir: Path | None) -> None:
    """Change the passphrase of the keyring."""
    with opened(data_dir) as installation:
        wanted = click.prompt("新口令 New passphrase", hide_input=True, confirmation_prompt=True)
        _file_keyring(installation.keystore.provider).change_passphrase(wanted)
    click.echo(
        "已换口令。请同时更新口令文件，下次启动要用。 Changed; put it into the passphrase file for the next start."
    )


@keys.command("new-codes")
@data_option
def new_codes(data_dir: Path | None) -> None:
    """Print three new recovery codes; those printed before open nothing any more."""
    with opened(data_dir) as installation:
        print_codes(_file_keyring(installation.keystore.provider).new_codes())


@keys.command("verify-codes")
@data_option
def verify_codes(data_dir: Path | None) -> None:
    """Try recovery codes, two or all three, without changing anything. Once a year."""
    from mengya_health.crypto.file_keyring import check_codes

    check_codes(settings_of(data_dir).keyring_dir, _codes(most=3))
    click.echo("恢复码有效。 The codes are good.")


@keys.command()
@data_option
def recover(data_dir: Path | None) -> None:
    """Set a new passphrase with two of the three recovery codes."""
    from mengya_health.crypto.file_keyring import check_codes
    from mengya_health.crypto.file_keyring import recover as recover_keyring

    folder, codes = settings_of(data_dir).keyring_dir, _codes(most=2)
    check_codes(folder, codes)
    wanted = click.prompt("新口令 New passphrase", hide_input=True, confirmation_prompt=True)
    recover_keyring(folder, codes, wanted)
    click.echo("已设新口令，请更新口令文件。 The new passphrase is set; put it into the passphrase file.")


def print_codes(codes: tuple[str, ...]) -> None:
    """Print recovery codes, for three people to keep apart."""
    click.echo("恢复码只显示这一次。请分别交给三个人，纸上保管；任意两个能打开密钥环，一个不能。")
    click.echo("Shown only now. Give them to three people, on paper; any two open the keyring, one does not.")
    for code in codes:
        click.echo(f"  {code}")


def _codes(*, most: int) -> list[str]:
    typed = [click.prompt(f"恢复码 Recovery code {number}") for number in (1, 2)]
    if most == 3:
        typed.append(click.prompt("恢复码 Recovery code 3（可不填 optional）", default="", show_default=False))
    return [code for code in typed if code.strip()]


def _proof(number: int) -> tuple[str, str, str]:
    login = click.prompt(f"第 {number} 位管理员 Administrator {number}")
    password = click.prompt("密码 Password", hide_input=True)
    return login, password, click.prompt("动态码（没有就留空） Code (if any)", default="", show_default=False)


def _file_keyring(provider):
    from mengya_health.crypto.file_keyring import FileKeyring
    from mengya_health.errors import NotNow

    if not isinstance(provider, FileKeyring):
        raise NotNow(
            "主密钥来自环境变量，没有口令和恢复码。",
            "The root key comes from the environment: it has neither passphrase nor recovery codes.",
        )
    return provider
