"""People, teams and who belongs where. Everything else asks this app what a person may see."""

from __future__ import annotations

from typing import Any, ClassVar, cast
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

HUES = (205, 345, 295, 150, 110, 320, 180, 275, 10)  # far from one another, from "late" and from "you"


def check_time_zone(value: str) -> None:
    """Refuse a time zone that the tz database does not know."""
    if value not in available_timezones():
        raise ValidationError(_("“%(zone)s” is not a known time zone."), params={"zone": value})


class People(UserManager["User"]):
    """`manage.py createsuperuser` makes the first admin; every other person is made on the pages."""

    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> User:
        return super().create_superuser(username, email, password, **{"is_admin": True, **fields})


class User(AbstractUser):
    """A person who works here. An admin edits rules, teams and connections and sees every team."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")
        CONTRAST = "contrast", _("High contrast")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    is_admin = models.BooleanField(_("admin"), default=False)
    display_name = models.CharField(_("name"), max_length=120, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[check_time_zone])
    language = models.CharField(_("language"), max_length=16, default="en")
    theme = models.CharField(_("theme"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(_("density"), max_length=12, choices=Density, default=Density.COMFORTABLE)
    single_keys = models.BooleanField(_("single-key shortcuts"), default=True)
    keys = models.JSONField(default=dict, blank=True, editable=False)  # action to key, where they chose another one
    seen_at = models.DateTimeField(null=True, blank=True, editable=False)  # a request, or an open tab
    away_since = models.DateTimeField(null=True, blank=True, editable=False)  # said so themselves
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)

    objects: ClassVar[People] = People()

    @property
    def name(self) -> str:
        return self.display_name or self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        parts = self.name.split()
        letters = [part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)]
        return "".join(letters).upper() if len(letters) > 1 else self.name[:2].upper()

    def leads(self, team: Team | int) -> bool:
        """Whether this person may steer that team: its lead, or an admin."""
        if self.is_admin:
            return True
        team_id = team if isinstance(team, int) else team.pk
        return self.memberships.filter(team_id=team_id, role=Membership.Role.LEAD).exists()


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: Any) -> TeamQuerySet:
        """The teams whose items this person may see and work on: deny first.

        Nobody without a team sees anything. Who belongs to a team sees every team that is not
        private, and the private ones they belong to. An admin sees all.
        """
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if user.is_admin:
            return self
        own = Membership.objects.filter(user=user)
        public = Q(is_private=False) & Q(models.Exists(own))
        return self.filter(public | Q(pk__in=own.values("team")))

    def of(self, user: User) -> TeamQuerySet:
        """The teams this person belongs to."""
        return self.filter(memberships__user=user)

    def open(self) -> TeamQuerySet:
        return self.filter(closed_at=None)


class Team(models.Model):
    """A queue and the people who answer it. Exactly one team is the fallback, always.

    Minutes are minutes of duty; an empty number turns its step off.
    """

    class Assignment(models.TextChoices):
        OFF = "off", _("Nobody; people claim")
        ROUND_ROBIN = "round_robin", _("In turn")
        LEAST_LOADED = "least_loaded", _("Whoever holds least")

    slug = models.SlugField(_("short name"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=80)
    # Empty is neutral: the fallback team, which nobody chose, is no colour among colours.
    hue = models.PositiveSmallIntegerField(_("hue, in degrees"), null=True, blank=True, default=205)
    is_private = models.BooleanField(_("private"), default=False)
    is_fallback = models.BooleanField(_("fallback"), default=False)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[check_time_zone])
    covered_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="covers", verbose_name=_("covered by")
    )
    away_message = models.TextField(
        _("message out of hours"),
        max_length=1000,
        blank=True,
        help_text=_("Sent once to whoever writes while nobody is on duty."),
    )
    assignment = models.CharField(_("new items go to"), max_length=12, choices=Assignment, default=Assignment.OFF)
    capacity = models.PositiveSmallIntegerField(_("open items per person, at most"), null=True, blank=True)
    return_after = models.PositiveIntegerField(
        _("minutes until an absent person’s items return"), null=True, blank=True, default=60
    )
    same_helper_days = models.PositiveSmallIntegerField(
        _("days in which a contact goes to who helped them"), default=14
    )
    escalate_team = models.PositiveIntegerField(
        _("unclaimed minutes until the team is told"), null=True, blank=True, default=15
    )
    escalate_lead = models.PositiveIntegerField(_("until its leads are told"), null=True, blank=True, default=30)
    escalate_cover = models.PositiveIntegerField(
        _("until the covering team is told"), null=True, blank=True, default=60
    )
    escalate_everyone = models.PositiveIntegerField(_("until everybody is told"), null=True, blank=True, default=120)
    # Clocks are being set anew, from this item on.
    rewind_from = models.BigIntegerField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Who has taken over what a closed team had.
    successor = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    people = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects: ClassVar[models.Manager[Team]] = cast("models.Manager[Team]", TeamQuerySet.as_manager())

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["is_fallback"], condition=Q(is_fallback=True), name="one_fallback_team"),
            models.CheckConstraint(
                condition=~Q(is_fallback=True, is_private=True), name="fallback_team_is_not_private"
            ),
            models.CheckConstraint(
                condition=~Q(is_fallback=True, closed_at__isnull=False), name="fallback_team_is_open"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def heir(self) -> Team:
        """Who has what was this team's: itself while it is open, then its successor, at last the fallback."""
        met: set[int] = set()
        team: Team | None = self
        while team is not None and team.closed_at is not None and team.pk not in met:
            met.add(team.pk)
            team = team.successor
        return team if team and team.closed_at is None else Team.objects.get(is_fallback=True)


class Membership(models.Model):
    class Role(models.TextChoices):
        AGENT = "agent", _("Agent")
        LEAD = "lead", _("Lead")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.AGENT)
    assigned_at = models.DateTimeField(null=True, editable=False)  # when it was last this person's turn

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="one_membership_per_team")]

    def __str__(self) -> str:
        return f"{self.user} · {self.team} ({self.get_role_display()})"


class Capacity(models.Model):
    """How many open items one person can hold, on one platform or (without one) in all."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="capacities")
    platform = models.CharField(_("platform"), max_length=32, blank=True)
    most = models.PositiveSmallIntegerField(_("open items, at most"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "platform"], name="one_capacity_per_platform")]

    def __str__(self) -> str:
        return f"{self.user} {self.platform}: {self.most}"


class Shift(models.Model):
    """Hours of every week in which a team is on duty, on the clock of the team's time zone.

    An end that is not after the start is on the next day, so 22:00-06:00 is a night and 00:00-00:00 a whole day.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))

    class Meta:
        ordering = ["weekday", "starts"]
        constraints = [
            models.UniqueConstraint(fields=["team", "weekday", "starts"], name="one_shift_per_start"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="shift_on_a_day_of_the_week"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}-{self.ends:%H:%M}"


class Holiday(models.Model):
    """A date, in the team's time zone, on which none of its shifts begins."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["team", "day"], name="one_holiday_per_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()


class ApiToken(models.Model):
    """A key for the API. Only its SHA-256 is stored; the text is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80, blank=True)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"
