"""A real Kafka broker of the tests' own: one process, broker and controller, on the loopback address."""

import fcntl
import hashlib
import secrets
import socket
import subprocess
from pathlib import Path

from tests.contract.services.programs import Server, free_port, make_certificate, require_program, unmet

USER = "lookout"
_POM = Path(__file__).parent / "kafka" / "pom.xml"
_JARS = Path(__file__).parents[3] / ".cache" / "kafka"  # ignored by git
_COPY_S = 280
_START_S = 60.0
_CLUSTER = "bG9va291dC10ZXN0cy0wMQ"  # 16 bytes in base64, as Kafka wants it
_JVM = ["-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
_QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


class KafkaBroker(Server):
    """Kafka; who comes by the second listener logs in with a password, and by the third speaks TLS."""

    def __init__(self, folder: Path, first: "KafkaBroker | None" = None) -> None:
        """Make a broker; where a ``first`` one is given, it is the second of that one's cluster."""
        super().__init__(folder, "kafka")
        self._first = first
        self.password = secrets.token_hex(8)
        self._port, self._controller_port, self._login_port = free_port(), free_port(), free_port()
        self.tls_port = free_port()
        self._key, self.ca = make_certificate(folder)
        self._jars = _jars()
        self._properties = folder / "server.properties"
        self._properties.write_text(self._settings())
        subprocess.run(
            [*self._java("kafka.tools.StorageTool"), "format", "-t", _CLUSTER, "-c", str(self._properties)],
            check=True,
            capture_output=True,
            timeout=_START_S,
        )

    @property
    def bootstrap(self) -> str:
        """Where a client without a name asks first: ``host:port``."""
        return f"127.0.0.1:{self._port}"

    @property
    def address(self) -> str:
        """The log's address."""
        return f"kafka://{self.bootstrap}"

    def login_address(self, password: str) -> str:
        """Return the log's address for the user ``USER``, who needs a password."""
        return f"kafka://{USER}:{password}@127.0.0.1:{self._login_port}?security=sasl_plaintext&mechanism=plain"

    def _settings(self) -> str:
        ports = {"PLAINTEXT": self._port, "SASL_PLAINTEXT": self._login_port, "SSL": self.tls_port}
        protocols = {name: name for name in ports} | {"CONTROLLER": "PLAINTEXT"}
        if self._first is None:
            ports["CONTROLLER"] = self._controller_port
        shown = self.folder / "shown.pem"
        shown.write_text(self._key.read_text() + self.ca.read_text())
        login = "listener.name.sasl_plaintext.plain.sasl.jaas.config"
        settings = {
            "process.roles": "broker" if self._first else "broker,controller",
            "node.id": "2" if self._first else "1",
            "controller.quorum.voters": f"1@127.0.0.1:{(self._first or self)._controller_port}",
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
            "listener.security.protocol.map": ",".join(f"{name}:{speaks}" for name, speaks in protocols.items()),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(shown),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            login: f'{_LOGIN} required user_{USER}="{self.password}";',
            "log.dirs": str(self.folder / "log"),
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "group.initial.rebalance.delay.ms": "0",
            "log.cleaner.dedupe.buffer.size": "4194304",
            "num.network.threads": "1",
            "num.io.threads": "2",
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def _java(self, main: str) -> list[str]:
        java = require_program("java", "default-jre-headless")
        return [str(java), *_JVM, _QUIET, "-cp", f"{self._jars}/*", main]

    def start(self) -> None:
        """Start it, and wait until it answers; what was acknowledged before is there again."""
        self.launch([*self._java("kafka.Kafka"), str(self._properties)], self._listens, _START_S)
        self.topics()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1.0).close()
        except OSError:
            return False
        return True

    def topics(self) -> list[str]:
        """Return the names of the topics that it has."""
        from kafka.admin import KafkaAdminClient

        with KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=round(_START_S * 1000)) as admin:
            found: list[str] = admin.list_topics()
            return found


def _jars() -> Path:
    """Return the folder of Kafka's jars, copying them where they are not those of the pom."""
    folder = _JARS / hashlib.sha256(_POM.read_bytes()).hexdigest()[:12]
    _JARS.mkdir(parents=True, exist_ok=True)
    with (_JARS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one test run copies, others wait
        if not (folder / "complete").exists():
            maven = require_program("mvn", "maven")
            command = [str(maven), "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies"]
            command += [f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=_COPY_S, check=False)
            if ended.returncode:
                unmet(f"Kafka cannot be copied: {' '.join(command)} ended with {ended.stdout.strip()[-2000:]}")
            (folder / "complete").touch()
    return folder
