"""Routes of the pages that both styles of API share."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from shop import views
from shop.forms import SignInForm
from shop.page_headers import page

urlpatterns = [
    path("account/", page(views.account), name="account"),
    path("accounts/login/", page(LoginView.as_view(authentication_form=SignInForm)), name="login"),
    path("accounts/logout/", page(LogoutView.as_view(next_page="login")), name="logout"),
]
