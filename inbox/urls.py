from django.urls import path

from inbox.views import actions, answers, dialogs, items, lists

app_name = "inbox"
urlpatterns = [
    path("", lists.home, name="home"),
    path("queue/<slug:view>/", lists.queue, name="queue"),
    path("team/<slug:slug>/", lists.team, name="team"),
    path("queues/", lists.queues, name="queues"),
    path("counts/", lists.counts, name="counts"),
    path("items/<int:pk>/", items.item, name="item"),
    path("items/<int:pk>/live/", items.live, name="live"),
    path("items/<int:pk>/claim/", actions.claim, name="claim"),
    path("items/<int:pk>/release/", actions.release, name="release"),
    path("items/<int:pk>/resolve/", actions.resolve, name="resolve"),
    path("items/<int:pk>/reopen/", actions.reopen, name="reopen"),
    path("items/<int:pk>/ignore/", actions.ignore, name="ignore"),
    path("items/<int:pk>/hand-over/", dialogs.hand_off, name="hand-over"),
    path("items/<int:pk>/return/", dialogs.return_, name="return"),
    path("items/<int:pk>/snooze/", dialogs.snooze, name="snooze"),
    path("items/<int:pk>/answer/", answers.answer, name="answer"),
    path("items/<int:pk>/replies/<int:outbound>/take-back/", answers.take_back, name="take-back"),
    path("items/<int:pk>/replies/<int:outbound>/mark-sent/", answers.mark_sent, name="mark-sent"),
    path("items/<int:pk>/replies/<int:outbound>/send-again/", answers.send_again, name="send-again"),
]
