from django.urls import path

from inbox.views import lists

app_name = "inbox"
urlpatterns = [
    path("", lists.home, name="home"),
]
