"""A real RTSP server, GStreamer's: rtsp_server.py PORT FILE [USER PASSWORD] serves FILE (MP4, H.264) as /film.

Prints "port N" once it listens; port 0 means any. Ends with 77 and the reason where GStreamer's server is missing.
"""

import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError) as missing:
    print(missing)
    sys.exit(77)


def protect(server, factory, user, password):
    """Nobody but `user` may see it."""
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main(port, film, *login):
    Gst.init(None)
    for element in ("qtdemux", "rtph264pay"):
        if not Gst.ElementFactory.find(element):
            print(f"GStreamer has no {element}")
            sys.exit(77)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f'( filesrc location="{film}" ! qtdemux ! rtph264pay name=pay0 pt=96 )')
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/film", factory)
    if login:
        protect(server, factory, *login)
    if not server.attach(None):
        sys.exit(f"port {port} cannot be had")
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main(*sys.argv[1:])
