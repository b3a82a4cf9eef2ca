"""What can go wrong with Drive, by name: for the admin, in the words of `domain/faults.py`."""


class DriveFolderError(Exception):
    """The folder cannot be watched: not there, not shared with us, in the trash, or no folder."""


class DriveKeyRefusedError(Exception):
    """Google does not take the service account's key."""


class DriveRefusedError(Exception):
    """Drive refuses what we ask, in its own words."""


class PassesByItselfError(Exception):
    """The next run tries again; the admin is told once it lasts."""


class DriveBusyError(PassesByItselfError):
    """Drive asks us to slow down."""


class DriveDownError(PassesByItselfError):
    """Drive does not answer as it should."""


class SlowFileError(PassesByItselfError):
    """One file alone takes longer than a whole run."""


class NotInDriveError(Exception):
    """There is no such file, or we may not see it."""


class NoDownloadError(Exception):
    """Drive shows us the file, and does not let us download it."""


class AnotherRunError(Exception):
    """Another run has written the state: this one must not go on."""
