from django.contrib.auth.views import LogoutView
from django.urls import path

from teams import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("preferences/keys/", views.keys_page, name="keys"),
    path("preferences/password/", views.ChangePassword.as_view(), name="password"),
    path("people/", views.people_and_teams, name="people"),
    path("people/new/", views.person, name="new-person"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/reactivate/", views.reactivate, name="reactivate-person"),
    path("people/teams/new/", views.team, name="new-team"),
    path("people/teams/<int:pk>/", views.team, name="team"),
]
