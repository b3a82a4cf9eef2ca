"""Google's token endpoint for one service account, as OAuth 2.0 for service accounts has it."""

import json
import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

EMAIL: Final = "photo-tagger@shop-tools.iam.gserviceaccount.com"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPES = "https://www.googleapis.com/auth/"
_LIFE_SECONDS = 3600

Endpoint = Callable[[Request], Any]


class Accounts:
    """One service account: its key file, its tokens, and what they may be used for."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key_id = secrets.token_hex(20)
        self._scopes: dict[str, set[str]] = {}
        self.revoked = False
        """Whether Google knows the key no more: somebody deleted it, or it has expired."""

    def key_file(self, root: str) -> str:
        """The JSON key file, which names the server at the address `root` instead of Google's."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "shop-tools",
                "private_key_id": self._key_id,
                "private_key": pem.decode(),
                "client_email": EMAIL,
                "client_id": "100000000000000000001",
                "token_uri": f"{root}/token",
                "api_root": root,
            }
        )

    def routes(self) -> list[Route]:
        """The token endpoint."""
        return [Route("/token", self._token, methods=["POST"])]

    def only_with(self, *scopes: str) -> Callable[[Endpoint], Endpoint]:
        """Let an endpoint answer only to a token that has one of the scopes, as `drive`."""

        def wrap(endpoint: Endpoint) -> Endpoint:
            async def checked(request: Request) -> Response:
                token = request.headers.get("authorization", "").removeprefix("Bearer ")
                granted = self._scopes.get(token)
                if granted is None:
                    return api_error(401, "authError", "Invalid Credentials", "UNAUTHENTICATED")
                if not granted & set(scopes):
                    said = "Request had insufficient authentication scopes."
                    return api_error(403, "insufficientPermissions", said, "PERMISSION_DENIED")
                response: Response = await endpoint(request)
                return response

            return checked

        return wrap

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            claims = jwt.decode(form["assertion"], certs=self._public_key())
        except (ValueError, LookupError) as error:
            return _refused("invalid_grant", f"Invalid JWT Signature. {error}")
        if form.get("grant_type") != _GRANT or claims.get("iss") != EMAIL:
            return _refused("invalid_request", "Invalid grant type or account.")
        if self.revoked:
            return _refused("invalid_grant", "Invalid JWT Signature.")
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._scopes[token] = {
            scope.removeprefix(_SCOPES) for scope in str(claims.get("scope", "")).split()
        }
        return JSONResponse(
            {"access_token": token, "expires_in": _LIFE_SECONDS, "token_type": "Bearer"}
        )

    def _public_key(self) -> bytes:
        return self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def api_error(status: int, reason: str, message: str, name: str = "") -> Response:
    """An error as Google's JSON APIs word it.

    `reason` is Drive's word for it (`notFound`, `userRateLimitExceeded`), `name` the canonical one
    (`NOT_FOUND`), which Sheets gives alone.
    """
    detail = {"message": message, "domain": "global", "reason": reason}
    error: dict[str, Any] = {"code": status, "message": message, "errors": [detail]}
    if name:
        error["status"] = name
    return JSONResponse({"error": error}, status)


def _refused(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
