"""A made county on a made night, played through a real Airflow: how long from sensor to sent."""
