"""Django only, to probe WebSockets and work after a response.

uvicorn django_alone:application --lifespan off
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished
from django.http import HttpRequest, JsonResponse
from django.urls import path

LONGEST_S = 60.0

settings.configure(
    SECRET_KEY="nothing is signed",  # noqa: S106 - not a secret
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
)
done: list[str] = []
may_end = Event()
waiting: SimpleQueue[Callable[[], None]] = SimpleQueue()


def ping(request: HttpRequest) -> JsonResponse:
    """Report that the service is running."""
    return JsonResponse({"ok": True})


def later(request: HttpRequest) -> JsonResponse:
    """Respond, then work on a signal: Django provides no background tasks."""
    waiting.put(work)
    return JsonResponse({"done": len(done)})


def count(request: HttpRequest) -> JsonResponse:
    """Return how often the work has been done."""
    return JsonResponse({"done": len(done)})


def finish(request: HttpRequest) -> JsonResponse:
    """Let the work finish."""
    may_end.set()
    return JsonResponse({"done": len(done)})


def work() -> None:
    """Do work that no response waits for; it ends after a request to /finish."""
    may_end.wait(LONGEST_S)
    done.append("once")


def run_waiting(**kwargs: object) -> None:
    """Run the work that waits for the end of a request."""
    try:
        waiting.get_nowait()()
    except Empty:
        return


request_finished.connect(run_waiting)
urlpatterns = [
    path("ping", ping),
    path("later", later),
    path("done", count),
    path("finish", finish),
]
application = get_asgi_application()
