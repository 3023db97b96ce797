"""What the API's views have in common: rows by id among those the user may see, bodies checked, ids that fit the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.db import models
from django.utils.functional import cached_property
from rest_framework import serializers, status, viewsets
from rest_framework.response import Response

from catalog.datasets.models import WORKING_ROLES
from catalog.people.models import User
from catalog.people.policies import organizations_with

# Eighteen digits always fit the database's 64-bit ids; a longer number is no address of anything.
ID_PATTERN = "[0-9]{1,18}"
GREATEST_ID = 10**18 - 1


class Resource(viewsets.GenericViewSet[Any]):
    """Base of every view set. `queryset` names the model; rows come from its `visible_to`, so any other id is a 404.

    `serializer_class` shows the rows of a list, `detail_class` one object where that is more.
    """

    queryset: Any
    lookup_value_regex = ID_PATTERN
    detail_class: type[serializers.BaseSerializer[Any]] | None = None

    @property
    def actor(self) -> User:
        """Who is asking. The permission class has made sure that it is somebody."""
        return cast(User, self.request.user)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset.none()
        return self.visible()

    def visible(self) -> Any:
        """The rows the user may see."""
        return self.queryset.all().visible_to(self.actor)

    def get_serializer_class(self) -> Any:
        if self.action != "list" and self.detail_class is not None:
            return self.detail_class
        return super().get_serializer_class()

    def body(self, kind: type[serializers.BaseSerializer[Any]], **options: Any) -> dict[str, Any]:
        """The request's body, checked. Raises DRF's ValidationError (400)."""
        serializer = kind(data=self.request.data, context=self.get_serializer_context(), **options)
        serializer.is_valid(raise_exception=True)
        return cast(dict[str, Any], serializer.validated_data)

    def answer(
        self,
        subject: Any,
        kind: type[serializers.BaseSerializer[Any]] | None = None,
        code: int = status.HTTP_200_OK,
        **options: Any,
    ) -> Response:
        """One object (or a list, with `many=True`) as JSON."""
        chosen = kind or self.get_serializer_class()
        return Response(chosen(subject, context=self.get_serializer_context(), **options).data, status=code)

    def page(self, rows: Any, kind: type[serializers.BaseSerializer[Any]] | None = None) -> Response:
        """One page of `rows`."""
        assert self.paginator is not None
        chosen = kind or self.get_serializer_class()
        found = self.paginate_queryset(rows)
        return self.get_paginated_response(chosen(found, many=True, context=self.get_serializer_context()).data)

    @cached_property
    def working(self) -> set[int]:
        """Ids of the organisations whose data the user works on: what is theirs to see beyond the published record."""
        return organizations_with(self.actor, *WORKING_ROLES)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.request.user}


class Listing(Resource):
    """A resource with a list and, by id, one of its rows."""

    def list(self, _request: Any, *_: Any, **__: Any) -> Response:
        """The rows the user may see, in pages."""
        return self.page(self.filter_queryset(self.get_queryset()))

    def retrieve(self, _request: Any, *_: Any, **__: Any) -> Response:
        """One of them."""
        return self.answer(self.get_object())


class VisibleField(serializers.PrimaryKeyRelatedField[Any]):
    """An object by its id, among those the user may see: any other is as if it did not exist."""

    def __init__(self, model: type[models.Model], rows: Callable[[User], Any], **options: Any) -> None:
        self._rows = rows
        super().__init__(queryset=model._default_manager.none(), **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> VisibleField:
        # A serializer copies its declared fields; what these were made with are functions and constants.
        return type(self)(*self._args, **self._kwargs)  # type: ignore[attr-defined]  # the stubs leave them out

    def get_queryset(self) -> Any:
        return self._rows(self.context["actor"])

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and data.isascii() and data.isdigit() and len(data) <= len(str(GREATEST_ID)):
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not 0 < data <= GREATEST_ID:
            self.fail("does_not_exist", pk_value=str(data)[:20])
        return super().to_internal_value(data)
