from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from connectors import email
from inbox.mail_providers import PROVIDERS


class InboxConfig(AppConfig):
    name = "inbox"
    verbose_name = _("Inbox")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Mail providers are read with Django's help; signing out ends the messages to that browser."""
        email.PROVIDERS.update(PROVIDERS)
        from django.contrib.auth.signals import user_logged_out

        from inbox.push.subscriptions import end_with_session

        user_logged_out.connect(end_with_session, dispatch_uid="inbox.push")
