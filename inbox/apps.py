from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from connectors import email
from inbox.mail_providers import PROVIDERS


class InboxConfig(AppConfig):
    name = "inbox"
    verbose_name = _("Inbox")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Mail providers are read with Django's help, which connectors do without."""
        email.PROVIDERS.update(PROVIDERS)
