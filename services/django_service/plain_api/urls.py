"""Routes of the API, its document and its page."""

from django.urls import path

from plain_api import views

urlpatterns = [
    path("ping", views.PingView.as_view()),
    path("users", views.UserListView.as_view()),
    path("users/<int:user_id>", views.UserDetailView.as_view()),
    path("products/search", views.SearchView.as_view()),
    path("token", views.TokenView.as_view()),
    path("dashboard/stats", views.DashboardView.as_view()),
    path("openapi.json", views.DocumentView.as_view(), name="openapi"),
    path("docs", views.DocsView.as_view()),
]
