"""Signing in, oneself, organisations, users and roles."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.db.models import Count, Prefetch, Q
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from knox.models import AuthToken
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from catalog.api.errors import WrongCredentials
from catalog.api.filters import MembershipFilter, OrganizationFilter, UserFilter
from catalog.api.resources import Listing, Resource
from catalog.api.serializers.people import (
    ChangePasswordBodySerializer,
    CredentialsSerializer,
    InvitationBodySerializer,
    MembershipBodySerializer,
    MembershipSerializer,
    MoveBodySerializer,
    MoveSerializer,
    NameBodySerializer,
    OrganizationBodySerializer,
    OrganizationSerializer,
    PasswordLinkSerializer,
    SetPasswordBodySerializer,
    TokenSerializer,
    UserBodySerializer,
    UserSerializer,
)
from catalog.api.visibility import every_organization, visible_memberships, visible_organizations, visible_users
from catalog.errors import InvalidInput
from catalog.messages import gettext_noop
from catalog.people.links import PasswordLink
from catalog.people.models import Membership, Organization, User
from catalog.people.moving import foresee_move, move_organization
from catalog.people.services import (
    change_password,
    close_account,
    close_organization,
    create_organization,
    create_user,
    end_role,
    grant_role,
    invite_user,
    issue_password_link,
    rename_user,
    reopen_account,
    reopen_organization,
    set_password_by_link,
)
from catalog.people.visibility import administered_users

_ACTIVE_MEMBERSHIPS = Prefetch(
    "memberships",
    queryset=Membership.objects.active().select_related("organization"),
    to_attr="active_memberships",
)


def with_memberships(user_id: int) -> User:
    """The user with the roles they hold today."""
    user: User = User.objects.prefetch_related(_ACTIVE_MEMBERSHIPS).get(pk=user_id)
    return user


class SignIn(APIView):
    """Names and passwords for tokens. Failures are counted by django-axes, which locks the account and the address out."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "sign_in"

    @extend_schema(
        tags=["tokens"], operation_id="tokens_create", request=CredentialsSerializer, responses={201: TokenSerializer}
    )
    def post(self, request: Request) -> Response:
        """Sign in: a user name and a password for a token."""
        serializer = CredentialsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        # django-axes marks the request it is given, and its middleware looks at Django's own, not at DRF's.
        plain = request._request
        user = authenticate(plain, **serializer.validated_data)
        if not isinstance(user, User):
            raise WrongCredentials
        instance, token = AuthToken.objects.create(user)
        user_logged_in.send(sender=User, request=plain, user=user)
        answer = {"token": token, "expiry": instance.expiry, "user": with_memberships(user.pk)}
        return Response(
            TokenSerializer(answer).data, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
        )


class SignOut(APIView):
    """The token that the request was made with."""

    @extend_schema(tags=["tokens"], operation_id="tokens_destroy", request=None, responses={204: OpenApiResponse()})
    def delete(self, request: Request) -> Response:
        """Sign out: the token of this request is worth nothing from now on."""
        if not isinstance(request.auth, AuthToken):
            raise NotFound
        request.auth.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class Me(APIView):
    """Who is asking."""

    @extend_schema(tags=["me"], operation_id="me_retrieve", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Oneself, with the roles one holds."""
        assert request.user.pk is not None
        return Response(UserSerializer(with_memberships(request.user.pk)).data)

    @extend_schema(tags=["me"], operation_id="me_update", request=NameBodySerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        """Change the name under which one is shown."""
        serializer = NameBodySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        renamed = rename_user(actor=cast(User, request.user), **serializer.validated_data)
        return Response(UserSerializer(with_memberships(renamed.pk)).data)


class ChangePassword(APIView):
    """One's own password. A wrong present one is counted as signing in is, and locks out."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "sign_in"

    @extend_schema(
        tags=["me"],
        operation_id="me_password",
        request=ChangePasswordBodySerializer,
        responses={204: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """Change one's password. Every session and every token of the account ends, that of this request among them."""
        serializer = ChangePasswordBodySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        said, user = serializer.validated_data, cast(User, request.user)
        if authenticate(request._request, username=user.get_username(), password=said["current"]) is None:
            raise InvalidInput(fields={"current": [gettext_noop("This is not your present password.")]})
        change_password(actor=user, password=said["password"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class SetPassword(APIView):
    """A one-time link that an administrator handed over."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "sign_in"

    @extend_schema(
        tags=["accounts"],
        operation_id="accounts_set_password",
        request=SetPasswordBodySerializer,
        responses={204: OpenApiResponse()},
    )
    def post(self, request: Request) -> Response:
        """Set a password with a one-time link. Every session and token of the account ends, and the link with them."""
        serializer = SetPasswordBodySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        set_password_by_link(**serializer.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["organizations"])
class Organizations(Listing):
    queryset = Organization.objects.all()
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter

    def visible(self) -> Any:
        below = Count("children", filter=Q(children__is_active=True))
        # A closed organisation is out of every list; an administrator reaches it by its id, to open it again.
        seen = every_organization if self.action in ("list", "create") else visible_organizations
        return seen(self.actor).select_related("parent").annotate(child_count=below).order_by("code")

    @extend_schema(request=OrganizationBodySerializer, responses={201: OrganizationSerializer})
    def create(self, _request: Request) -> Response:
        """Add an organisation below one that you administer."""
        organization = create_organization(actor=self.actor, **self.body(OrganizationBodySerializer))
        return self.answer(self.visible().get(pk=organization.pk), code=status.HTTP_201_CREATED)

    @extend_schema(
        methods=["GET"],
        parameters=[OpenApiParameter("parent", int, required=True, description="Below which organisation.")],
        responses=MoveSerializer,
        filters=False,
        operation_id="organizations_move_foreseen",
    )
    @extend_schema(
        methods=["POST"],
        request=MoveBodySerializer,
        responses=OrganizationSerializer,
        operation_id="organizations_move",
    )
    # Without the list's filters, one of which is called `parent` too.
    @action(detail=True, methods=["get", "post"], pagination_class=None, filterset_class=None)
    def move(self, request: Request, *_: Any, **__: Any) -> Response:
        """Put an organisation, with all that lies below it, below another that you administer. A GET only says whose roles would reach it
        from then on, and whose no more."""
        organization = self.get_object()
        if request.method == "GET":
            asked = MoveBodySerializer(data=request.query_params, context=self.get_serializer_context())
            asked.is_valid(raise_exception=True)
            foreseen = foresee_move(actor=self.actor, organization=organization, **asked.validated_data)
            return self.answer(foreseen, MoveSerializer)
        moved = move_organization(actor=self.actor, organization=organization, **self.body(MoveBodySerializer))
        return self.answer(self.visible().get(pk=moved.pk))

    @extend_schema(request=None, responses=OrganizationSerializer)
    @action(detail=True, methods=["post"])
    def close(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Close an organisation: the roles in it count no more."""
        closed = close_organization(actor=self.actor, organization=self.get_object())
        return self.answer(self.visible().get(pk=closed.pk))

    @extend_schema(request=None, responses=OrganizationSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Open a closed organisation again."""
        opened = reopen_organization(actor=self.actor, organization=self.get_object())
        return self.answer(self.visible().get(pk=opened.pk))


@extend_schema(tags=["users"])
class Users(Listing):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    filterset_class = UserFilter

    def visible(self) -> Any:
        seen = visible_users(self.actor)
        if self.action != "list":
            # Closed accounts too, for whoever administers them.
            administered = administered_users(self.actor).values("pk")
            seen = User.objects.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=administered))
        return seen.prefetch_related(_ACTIVE_MEMBERSHIPS).order_by("id")

    @extend_schema(request=UserBodySerializer, responses={201: UserSerializer})
    def create(self, _request: Request) -> Response:
        """Open an account. It holds no role until one is granted; without a password it waits for a one-time link."""
        user = create_user(actor=self.actor, **self.body(UserBodySerializer))
        return self.answer(with_memberships(user.pk), code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={201: PasswordLinkSerializer})
    @action(detail=True, methods=["post"], url_path="password-link")
    def password_link(self, request: Request, *_: Any, **__: Any) -> Response:
        """Make a one-time link with which the person sets a password. It is shown once: hand it over yourself."""
        return _handed_over(request, issue_password_link(actor=self.actor, user=self.get_object()))

    @extend_schema(request=None, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def close(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Close the account of somebody who left. Nobody closes their own."""
        return self.answer(with_memberships(close_account(actor=self.actor, user=self.get_object()).pk))

    @extend_schema(request=None, responses=UserSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, _request: Request, *_: Any, **__: Any) -> Response:
        """Open a closed account again."""
        return self.answer(with_memberships(reopen_account(actor=self.actor, user=self.get_object()).pk))


def _handed_over(request: Request, link: PasswordLink) -> Response:
    """A one-time link, shown this once."""
    address = request.build_absolute_uri(reverse("set-password", args=[link.uid, link.token]))
    answer = {"user": link.user, "url": address, "uid": link.uid, "token": link.token, "expires_at": link.expires_at}
    return Response(
        PasswordLinkSerializer(answer).data, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"}
    )


@extend_schema(tags=["invitations"])
class Invitations(Resource):
    queryset = User.objects.none()
    serializer_class = PasswordLinkSerializer

    @extend_schema(request=InvitationBodySerializer, responses={201: PasswordLinkSerializer})
    def create(self, request: Request) -> Response:
        """Open an account with its roles and make the one-time link, all in one. The link is shown once: hand it over yourself."""
        return _handed_over(request, invite_user(actor=self.actor, **self.body(InvitationBodySerializer)))


@extend_schema(tags=["memberships"])
class Memberships(Listing):
    queryset = Membership.objects.all()
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter

    def visible(self) -> Any:
        return visible_memberships(self.actor).select_related("user", "organization", "granted_by")

    @extend_schema(request=MembershipBodySerializer, responses={201: MembershipSerializer})
    def create(self, _request: Request) -> Response:
        """Give somebody a role. Nobody gives one to themselves."""
        membership = grant_role(actor=self.actor, **self.body(MembershipBodySerializer))
        return self.answer(membership, code=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=MembershipSerializer)
    @action(detail=True, methods=["post"])
    def end(self, _request: Request, *_: Any, **__: Any) -> Response:
        """End a role from this moment."""
        return self.answer(end_role(actor=self.actor, membership=self.get_object()))
