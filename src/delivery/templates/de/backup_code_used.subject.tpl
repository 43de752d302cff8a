Ein Ersatzcode wurde bei {{service_name}} verwendet
