# Publishes with Eclipse Paho, again and again over broken connections, until each message has its PUBACK: host port token number count
import sys
import paho.mqtt.client as mqtt

host, port, token, number, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
try:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="paho")
except AttributeError:
    client = mqtt.Client(client_id="paho")
client.username_pw_set("paho", token)
client.reconnect_delay_set(1, 1)
client.connect(host, port)
client.loop_start()
for index in range(count):
    client.publish("to/" + number[1:], "paho %d" % index, qos=1).wait_for_publish(60)
client.disconnect()
