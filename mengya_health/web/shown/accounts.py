"""What the administrator's pages show."""

from flask import url_for
from flask_babel import gettext as _

from mengya_health.people.account_links import IssuedLink
from mengya_health.people.accounts import ROLES
from mengya_health.people.models import CHAIR
from mengya_health.people.places import KINDS, WITH_CLASSES, Places, all_places
from mengya_health.people.staff import Role, StaffMember
from mengya_health.web.shown import words
from mengya_health.web.shown.punctuation import enumerated
from mengya_health.web.shown.qr import qr_code

ROLE_NAMES = {
    "doctor": lambda: _("社区医生"),
    "teacher": lambda: _("教师"),
    "health_staff": lambda: _("保健员"),
    "specialist": lambda: _("接诊医生"),
    "reviewer": lambda: _("区级复核医生"),
    "manager": lambda: _("区级管理"),
    "security_officer": lambda: _("安全审计员"),
    "sysadmin": lambda: _("系统管理员"),
    "safeguarding": lambda: _("本机构儿童保护负责人"),
    "area_safeguarding": lambda: _("区级儿童保护负责人"),
    "chair": lambda: _("会商轮值主持人"),
}
KIND_NAMES = {
    "clinic": lambda: _("社区门诊"),
    "hospital": lambda: _("医院"),
    "mch_institute": lambda: _("妇幼保健所"),
    "kindergarten": lambda: _("幼儿园"),
    "baby_house": lambda: _("宝宝屋"),
    "guidance_centre": lambda: _("指导中心"),
    "guidance_station": lambda: _("指导站"),
    "guidance_point": lambda: _("指导点"),
}


def list_page(work, found: list[StaffMember], page: int, *, has_more: bool) -> dict:
    """Return the list of accounts, with the roles that end soon marked."""
    return {
        "rows": [
            {
                "name": member.name,
                "href": url_for("accounts.show", user_id=member.id),
                "roles": [_role_line(role, work.today) for role in member.roles if not role.is_over(work.today)],
                "state": _state(member),
            }
            for member in found
        ],
        "earlier": url_for("accounts.index", page=page - 1) if page > 0 else "",
        "later": url_for("accounts.index", page=page + 1) if has_more else "",
    }


def account_page(work, member: StaffMember, *, has_app: bool) -> dict:
    """Return one account with what may be done about it."""
    locked = member.signing_locked_until
    is_locked = locked is not None and work.now < locked
    return {
        "name": member.name,
        "user_id": member.id,
        "state": _state(member),
        "is_open": member.status == "active",
        "has_password": member.has_password,
        "has_app": has_app,
        "locked_until": words.stamp(locked) if is_locked else "",
        "roles": [_role_line(role, work.today) | {"id": role.id} for role in member.roles],
    }


def role_choices(work) -> dict:
    """Return what a role is chosen from."""
    places = all_places(work)
    at = {each.id: each.name for each in places.organisations}
    return {
        "roles_to_give": [{"value": role, "text": ROLE_NAMES[role]()} for role in ROLES],
        "organisations": [{"value": str(each.id), "text": each.name} for each in places.organisations],
        "groups": [
            {"value": str(each.id), "text": f"{at[each.organisation_id]} · {each.name}"} for each in places.groups
        ],
    }


def places_page(work) -> dict:
    """Return all places, and what new ones are chosen from."""
    places = all_places(work)
    return {
        "regions": [{"code": each.code, "name": each.name} for each in places.regions],
        "rows": [_place_line(places, each) for each in places.organisations],
        "region_choices": [{"value": str(each.id), "text": each.name} for each in places.regions],
        "kinds": [{"value": kind, "text": KIND_NAMES[kind]()} for kind in KINDS],
        "with_classes": [
            {"value": str(each.id), "text": each.name} for each in places.organisations if each.kind in WITH_CLASSES
        ],
    }


def link_page(work, user_id, issued: IssuedLink) -> dict:
    """Return the link for one of the staff, with the way back to their account."""
    back = {"href": url_for("accounts.show", user_id=user_id), "text": _("回到账号")}
    return handed_over(work, issued, back)


def handed_over(work, issued: IssuedLink, back: dict) -> dict:
    """Return the link for the owner of an account, as a QR code and as text, shown this once."""
    address = work.settings.base_url.rstrip("/") + issued.path
    return {
        "qr": qr_code(address, _("设密码的二维码")),
        "address": address,
        "until": words.stamp(issued.expires_at),
        "back": back,
    }


def _place_line(places: Places, place) -> dict:
    classes = [group.name for group in places.groups if group.organisation_id == place.id]
    return {
        "name": place.name,
        "code": place.code,
        "kind": KIND_NAMES.get(place.kind, lambda: place.kind)(),
        "region": place.region,
        "classes": enumerated(classes),
    }


def _role_line(role: Role, today) -> dict:
    where = " · ".join(filter(None, (role.organisation, role.group)))
    return {
        "text": f"{ROLE_NAMES[role.role]()} {where}".rstrip(),
        "from_on": role.from_on.isoformat(),
        "to_on": role.to_on.isoformat() if role.to_on else _("没有期限"),
        "is_over": role.is_over(today),
        "ends_soon": role.ends_soon(today) and role.role != CHAIR,
        "is_turn": role.role == CHAIR,  # of the rota, which the district's managers keep
    }


def _state(member: StaffMember) -> str:
    if member.status != "active":
        return _("已关闭")
    return _("在用") if member.has_password else _("等本人设密码")
