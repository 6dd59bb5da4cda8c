from django.urls import path

from routing import views, views_whole

app_name = "routing"
urlpatterns = [
    path("rules/", views.overview, name="rules"),
    path("rules/new/", views.edit, name="new"),
    path("rules/<int:pk>/", views.edit, name="rule"),
    path("rules/<int:pk>/delete/", views.delete, name="delete"),
    path("rules/<int:pk>/move/", views.move, name="move"),
    path("rules/try/", views.try_text, name="try"),
    path("rules/publish/", views_whole.publish, name="publish"),
    path("rules/versions/", views_whole.versions, name="versions"),
    path("rules/versions/<int:number>/restore/", views_whole.restore, name="restore"),
    path("rules/yaml/", views_whole.exchange, name="yaml"),
    path("rules/yaml/export/", views_whole.export, name="export"),
]
