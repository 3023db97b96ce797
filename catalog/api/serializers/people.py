"""Organisations, users, roles and sign-in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.api.resources import VisibleField
from catalog.api.visibility import every_organization, visible_users
from catalog.people.models import Membership, Organization, OrganizationKind, Role, User


class OrganizationReferenceSerializer(serializers.ModelSerializer[Organization]):
    """An organisation, as other objects name it."""

    class Meta:
        model = Organization
        fields = ("id", "name", "name_en", "code")
        read_only_fields = fields


class PersonSerializer(serializers.ModelSerializer[User]):
    """A person, as other objects name them."""

    display_name = serializers.CharField(source="__str__", read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "display_name")
        read_only_fields = fields


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    parent = OrganizationReferenceSerializer(read_only=True, allow_null=True)
    children = serializers.IntegerField(source="child_count", read_only=True, help_text="How many lie directly below.")

    class Meta:
        model = Organization
        fields = ("id", "name", "name_en", "code", "kind", "parent", "children", "is_active")
        read_only_fields = fields


class OrganizationBodySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    name_en = serializers.CharField(max_length=160)
    code = serializers.CharField(max_length=18)
    kind = serializers.ChoiceField(choices=OrganizationKind.choices)
    parent = VisibleField(Organization, every_organization)  # type: ignore[assignment]  # the API's name for it


class HeldRoleSerializer(serializers.ModelSerializer[Membership]):
    """A role of the user that is being shown."""

    organization = OrganizationReferenceSerializer(read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "organization", "role")
        read_only_fields = fields


class UserSerializer(serializers.ModelSerializer[User]):
    memberships = HeldRoleSerializer(source="active_memberships", many=True, read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "is_active", "memberships")
        read_only_fields = fields


class UserBodySerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(
        max_length=200,
        write_only=True,
        trim_whitespace=False,
        allow_null=True,
        default=None,
        help_text="Without one the person sets it with a one-time link.",
    )
    display_name = serializers.CharField(max_length=60, allow_blank=True, default="")
    organization = VisibleField(Organization, every_organization)


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    user = PersonSerializer(read_only=True)
    organization = OrganizationReferenceSerializer(read_only=True)
    granted_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Membership
        fields = ("id", "user", "organization", "role", "granted_by", "granted_at", "ended_at")
        read_only_fields = fields


class MembershipBodySerializer(serializers.Serializer[Any]):
    user = VisibleField(User, visible_users)
    organization = VisibleField(Organization, every_organization)
    role = serializers.ChoiceField(choices=Role.choices)


class MoveBodySerializer(serializers.Serializer[Any]):
    parent = VisibleField(Organization, every_organization)  # type: ignore[assignment]  # the API's name for it


class ReachSerializer(serializers.ModelSerializer[Membership]):
    """A role that works for a whole branch."""

    user = PersonSerializer(read_only=True)
    organization = OrganizationReferenceSerializer(read_only=True)

    class Meta:
        model = Membership
        fields = ("id", "user", "organization", "role")
        read_only_fields = fields


class MoveSerializer(serializers.Serializer[Any]):
    """What a move would change."""

    organizations = serializers.IntegerField(help_text="How many move, with those below.")
    gains = ReachSerializer(many=True, help_text="Roles that would reach them from then on.")
    loses = ReachSerializer(many=True, help_text="Roles that would reach them no more.")


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class PasswordLinkSerializer(serializers.Serializer[Any]):
    """A one-time link. It is shown once and kept nowhere."""

    user = PersonSerializer()
    url = serializers.CharField(help_text="The page on which the person sets a password.")
    uid = serializers.CharField()
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SetPasswordBodySerializer(serializers.Serializer[Any]):
    uid = serializers.CharField(max_length=100)
    token = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=200, write_only=True, trim_whitespace=False)


class InvitationBodySerializer(serializers.Serializer[Any]):
    """Whom to invite, where, and as what."""

    username = serializers.CharField(max_length=150)
    display_name = serializers.CharField(max_length=60)
    organization = VisibleField(Organization, every_organization)
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=Role.choices), max_length=len(Role), default=list
    )


class NameBodySerializer(serializers.Serializer[Any]):
    display_name = serializers.CharField(max_length=60, allow_blank=True)


class ChangePasswordBodySerializer(serializers.Serializer[Any]):
    current = serializers.CharField(max_length=200, write_only=True, trim_whitespace=False)
    password = serializers.CharField(max_length=200, write_only=True, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Send it as `Authorization: Token …`. It is shown once.")
    expiry = serializers.DateTimeField(allow_null=True)
    user = UserSerializer()
